// The place of a worker, whose next one starts once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { WorkerSlot } from "../../cli/service/workers/worker_slot.ts";
import type { WorkerProcess } from "../../cli/service/workers/worker_process.ts";

const worker = { number: 1 } as WorkerProcess;

test("a slot that is to be filled is filled once, though it is asked again before", async () => {
  const slot = new WorkerSlot(worker);
  let started = 0;
  const spawn = () => {
    started++;
    return worker;
  };
  assert.equal(slot.restart(spawn), "starting another one");
  // The second early death in a row waits.
  assert.equal(slot.restart(spawn), "starting another one in 1 s");
  await pause(20);
  assert.equal(started, 0);
  slot.cancelRestart();
});

// The system's clock: everything else is tested with one that the test sets.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../lib/time/clock.ts";
import { turns } from "../server/support.ts";
import { programCommand } from "../support/runtime.ts";

test("calls back once, unless that is called off", async () => {
  const called: string[] = [];
  const callOff = systemClock.after(1, () => called.push("off"));
  callOff();
  await new Promise<void>((resolve) => {
    systemClock.after(5, () => {
      called.push("on");
      resolve();
    });
  });
  assert.deepEqual(called, ["on"]);
  callOff();
});

test("does not call back at once after a time that no timer of the runtime holds", async () => {
  for (const background of [false, true]) {
    for (const milliseconds of [2 ** 31, 2 ** 40, Infinity]) {
      let called = false;
      const callOff = systemClock.after(milliseconds, () => called = true, background);
      await turns(5);
      callOff();
      assert.equal(called, false, `${milliseconds}`);
    }
  }
});

test("keeps no process from ending with what is in the background", async () => {
  const [program, ...args] = programCommand(fileURLToPath(new URL("background_program.ts", import.meta.url)));
  const child = spawn(program, args, { stdio: "ignore", timeout: 60_000 });
  const ended = await new Promise((resolve) => child.on("close", (code, signal) => resolve([code, signal])));
  assert.deepEqual(ended, [0, null]);
});

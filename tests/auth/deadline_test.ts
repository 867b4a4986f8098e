// Deadlines of checks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Deadline } from "../../lib/auth/deadline.ts";
import { ManualClock } from "../support/manual_clock.ts";

const never = new Promise<never>(() => {});

test("nothing is waited for until there is work", async () => {
  const clock = new ManualClock();
  const deadline = new Deadline(3000, clock);
  assert.ok(!clock.waited(3000));
  assert.equal(await deadline.inTime(Promise.resolve("done")), "done");
  assert.ok(clock.waited(3000));
  deadline.end();
  assert.ok(!clock.waited(3000));
});

test("the time begins with the check, not with the first work", async () => {
  const clock = new ManualClock();
  const deadline = new Deadline(3000, clock);
  clock.advance(2000);
  const work = deadline.inTime(never);
  clock.advance(999);
  assert.equal(deadline.reason, undefined);
  clock.advance(1);
  await assert.rejects(work, (reason) => reason === "the check took too long");
  assert.equal(deadline.reason, "the check took too long");
  assert.ok(deadline.signal.aborted);
  await assert.rejects(deadline.inTime(Promise.resolve()), (reason) => reason === deadline.reason);
});

test("the signal of the message ends it, before the first work and after", async () => {
  for (const abortFirst of [true, false]) {
    const message = new AbortController();
    const deadline = new Deadline(3000, new ManualClock(), message.signal);
    if (abortFirst) message.abort();
    assert.equal(deadline.reason, abortFirst ? "the check was aborted" : undefined);
    const work = deadline.inTime(never);
    message.abort();
    await assert.rejects(work, (reason) => reason === "the check was aborted");
    assert.equal(deadline.reason, "the check was aborted");
  }
});

test("work that goes on beside a check that is over keeps no timer", () => {
  const clock = new ManualClock();
  const deadline = new Deadline(3000, clock);
  deadline.end();
  deadline.inTime(never).catch(() => {});
  assert.ok(!clock.waited(3000));
});

// What the log says of a state that does not answer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { outageLog } from "../../cli/service/state/outage_log.ts";

test("a state that does not answer has a line when it goes, one a minute meanwhile, and one when it is back", () => {
  let now = 0;
  const lines: string[] = [];
  const events = outageLog(
    "redis://h",
    "accept",
    (level, text) => void lines.push(`${now / 1000} ${level}: ${text}`),
    () => now,
  );
  /** An outage of so many seconds, in which it is asked each second. */
  const outage = (seconds: number) => {
    const start = now;
    events.away("it is gone");
    for (now += 1000; now < start + seconds * 1000; now += 1000) events.stillAway("it is not there");
    events.back(now - start, 7);
  };
  outage(3);
  outage(2);
  now += 5000;
  outage(115);
  now += 60_000;
  outage(1);
  const meanwhile = "until it answers, each process counts for itself, in memory";
  assert.deepEqual(lines, [
    `0 error: the state at redis://h is unavailable: it is gone; ${meanwhile}`,
    "3 info: the state at redis://h answers again after 3.0 s, in which 7 calls did without it",
    `60 error: the state at redis://h is unavailable, as once before: it is not there; ${meanwhile}`,
    `120 error: the state at redis://h is still unavailable: it is not there; ${meanwhile}`,
    "125 info: the state at redis://h answers again after 115.0 s, in which 7 calls did without it",
    `185 error: the state at redis://h is unavailable: it is gone; ${meanwhile}`,
    "186 info: the state at redis://h answers again after 1.0 s, in which 7 calls did without it",
  ]);
});

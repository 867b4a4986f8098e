// What the log says of a state that does not answer, to one process or to several workers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type OutageEvents, outageLog } from "../../cli/service/state/outage_log.ts";
import { reportOutages, ServiceOutages } from "../../cli/service/state/service_outages.ts";

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
    "3 info: the state at redis://h answers again after 3.0 s, in which 7 calls went without it",
    `60 error: the state at redis://h is unavailable, as once before: it is not there; ${meanwhile}`,
    `120 error: the state at redis://h is still unavailable: it is not there; ${meanwhile}`,
    "125 info: the state at redis://h answers again after 115.0 s, in which 7 calls went without it",
    `185 error: the state at redis://h is unavailable: it is gone; ${meanwhile}`,
    "186 info: the state at redis://h answers again after 1.0 s, in which 7 calls went without it",
  ]);
});

test("what several workers notice is one outage, from the first that got no answer to the last that has one again", () => {
  let now = 0;
  const told: string[] = [];
  const tell = (what: string) => (...details: unknown[]) => void told.push([now, what, ...details].join(" "));
  const outages = new ServiceOutages(
    { atStart: tell("start"), away: tell("away"), stillAway: tell("still"), back: tell("back") },
    () => now,
  );
  const worker = (): [worker: object, events: OutageEvents] => {
    const worker = {};
    return [worker, reportOutages((report) => outages.heard(worker, report))];
  };
  const [[, a], [, b], [c, ofC]] = [worker(), worker(), worker()];
  const at = (time: number, what: () => void) => {
    now = time;
    what();
  };
  at(1, () => a.atStart("nobody listens there"));
  at(10, () => a.away("it is gone"));
  at(11, () => b.away("it is gone, too"));
  at(12, () => b.stillAway("it is not there"));
  at(20, () => a.back(10, 5));
  at(25, () => b.back(14, 2));
  // The last worker without an answer ends, and nobody knows more.
  at(30, () => ofC.away("it is full"));
  at(31, () => outages.ended(c));
  at(40, () => a.away("it is slow"));
  at(42, () => a.back(2, 1));
  assert.deepEqual(told, [
    "1 start nobody listens there",
    "10 away it is gone",
    "12 still it is not there",
    "25 back 15 7",
    "30 away it is full",
    "40 away it is slow",
    "42 back 2 1",
  ]);
});

test("that the service starts without its state is said once", () => {
  const lines: string[] = [];
  const { atStart } = outageLog(
    "redis://h",
    "accept",
    (level, text) => void lines.push(`${level}: ${text}`),
    () => 0,
  );
  atStart("nobody listens there");
  atStart("nobody listens there");
  assert.deepEqual(lines, [
    "warning: the state at redis://h is unavailable: nobody listens there; the service starts without it",
  ]);
});

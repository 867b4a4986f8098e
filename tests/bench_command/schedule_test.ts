// When messages are to start: by number, by time, at a rate.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type LoadPlan, Schedule } from "../../cli/commands/bench/schedule.ts";

/** All starts that a schedule gives out when asked every `step` milliseconds until `until`. */
function startsOf(
  schedule: Schedule,
  until: number,
  step: number,
): { at: number; counts: boolean; given: number }[] {
  const starts: { at: number; counts: boolean; given: number }[] = [];
  for (let now = 0; now <= until; now += step) {
    for (let turn = schedule.next(now); turn && "at" in turn; turn = schedule.next(now)) {
      starts.push({ ...turn, given: now });
    }
  }
  return starts;
}

const plan = (settings: Partial<LoadPlan>): LoadPlan => ({ warmUp: 0, ...settings });

describe("Schedule without a rate", () => {
  it("starts at once, as many as were asked for", () => {
    const schedule = new Schedule(plan({ messages: 3 }));
    assert.deepEqual(schedule.next(5), { at: 5, counts: true });
    assert.deepEqual(schedule.next(5), { at: 5, counts: true });
    assert.equal(schedule.done(6), false);
    assert.deepEqual(schedule.next(7), { at: 7, counts: true });
    assert.equal(schedule.done(7), true);
    assert.equal(schedule.next(8), undefined);
    assert.equal(schedule.began, 5);
    assert.equal(schedule.started, 3);
    assert.equal(schedule.behind(1000), 0);
  });

  it("counts the time from the first message that counts", () => {
    const schedule = new Schedule(plan({ warmUp: 2, time: 100 }));
    assert.deepEqual([0, 500, 1000, 1099].map((now) => schedule.next(now)), [
      { at: 0, counts: false },
      { at: 500, counts: false },
      { at: 1000, counts: true },
      { at: 1099, counts: true },
    ]);
    assert.equal(schedule.next(1100), undefined);
    assert.equal(schedule.started, 2);
  });

  it("warms up for two seconds at most", () => {
    const schedule = new Schedule(plan({ warmUp: 100, messages: 1 }));
    assert.deepEqual(schedule.next(0), { at: 0, counts: false });
    assert.deepEqual(schedule.next(2000), { at: 2000, counts: true });
  });
});

describe("Schedule with a rate", () => {
  it("gives each message its own time, and says how long it is until then", () => {
    const schedule = new Schedule(plan({ rate: 100, messages: 4 }));
    assert.deepEqual(schedule.next(50), { at: 50, counts: true });
    assert.deepEqual(schedule.next(54), { wait: 6 });
    assert.deepEqual(schedule.next(60), { at: 60, counts: true });
    // Nobody was free for a while: the times stay what they were.
    assert.deepEqual(schedule.next(100), { at: 70, counts: true });
    assert.equal(schedule.behind(100), 1);
    assert.deepEqual(schedule.next(100), { at: 80, counts: true });
    assert.equal(schedule.behind(100), 0);
    assert.equal(schedule.next(100), undefined);
  });

  it("starts rate times time messages, however rarely it is asked", () => {
    for (const step of [1, 7, 40]) {
      const schedule = new Schedule(plan({ rate: 250, time: 1000 }));
      const starts = startsOf(schedule, 2000, step);
      assert.ok(
        starts.length > 250 - 250 * step / 1000 && starts.length <= 250,
        `${starts.length} by ${step}`,
      );
      starts.forEach(({ at }, i) => assert.ok(Math.abs(at - i * 4) < 1e-6));
    }
  });

  it("is done with the last message that the time has room for, not when the time is over", () => {
    const schedule = new Schedule(plan({ rate: 10, time: 1000 }));
    for (let i = 0; i < 10; i++) assert.ok("at" in schedule.next(i * 100)!);
    assert.equal(schedule.done(901), true);
    assert.equal(schedule.next(901), undefined);
  });

  it("says how far a filter is behind", () => {
    const schedule = new Schedule(plan({ rate: 100, time: 1000 }));
    for (let i = 0; i < 30; i++) schedule.next(990);
    // From 990 on, at which the first was due, ten are due by 1090 and all hundred by 1990.
    assert.equal(schedule.started, 1);
    assert.equal(schedule.behind(1090), 9);
    assert.equal(schedule.behind(5000), 99);
  });

  it("counts each message that the time has room for once, whatever the clock says at the start", () => {
    for (let i = 1; i <= 1000; i++) {
      const origin = i * Math.PI;
      const warmUp = i % 3;
      const schedule = new Schedule(plan({ rate: 50, time: 1000, warmUp }));
      for (let now = origin; now < origin + 900; now += 7) schedule.next(now);
      assert.equal(schedule.started + schedule.behind(origin + 5000), 50, `from ${origin} with ${warmUp}`);
    }
  });

  it("warms up at the same rate", () => {
    const schedule = new Schedule(plan({ rate: 1000, warmUp: 3, messages: 2 }));
    const starts = startsOf(schedule, 10, 1);
    assert.deepEqual(starts.map(({ at }) => at), [0, 1, 2, 3, 4]);
    assert.deepEqual(starts.map(({ counts }) => counts), [false, false, false, true, true]);
    assert.equal(schedule.behind(100), 0);
  });
});

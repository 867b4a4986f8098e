// Tests that advance the time by hand.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defineFilter, MemoryStore, tempfail } from "../../mod.ts";
import { deliver, make, TestClock, TestSession } from "../../lib/testing.ts";

/** Waits for a time of the clock, again and again. */
const sleep = (clock: TestClock, milliseconds: number) =>
  new Promise<void>((resolve) => void clock.after(milliseconds, resolve));

describe("TestClock", () => {
  it("calls what is due, the earliest first, and nothing else", async () => {
    const clock = new TestClock();
    const called: (readonly [string, number])[] = [];
    const note = (what: string) => () => void called.push([what, clock.now()]);
    clock.after(20, note("twenty"));
    clock.after(10, note("ten"));
    clock.after(10, note("ten again"));
    clock.after(21, note("too late"));
    clock.after(5, note("cancelled"))();
    await clock.advance(20);
    assert.deepEqual(called, [["ten", 10], ["ten again", 10], ["twenty", 20]]);
    assert.equal(clock.now(), 20);
    await clock.advance(1);
    assert.deepEqual(called.at(-1), ["too late", 21]);
  });

  it("lets work go on between two calls, and after the last", async () => {
    const clock = new TestClock();
    const times: number[] = [];
    const work = async () => {
      for (let i = 0; i < 3; i++) {
        await sleep(clock, 10);
        // As many steps as a callback may have.
        for (let step = 0; step < 20; step++) await Promise.resolve();
        times.push(clock.now());
      }
    };
    const done = work();
    await clock.advance(30);
    assert.deepEqual(times, [10, 20, 30]);
    await done;
  });

  it("lets work go on at the top level of a module", async () => {
    const { isTimedOut } = await import("./advance_at_load.ts");
    assert.ok(isTimedOut);
  });

  it("does not go back", async () => {
    const clock = new TestClock();
    for (const wrong of [-1, NaN]) await assert.rejects(clock.advance(wrong), RangeError);
    clock.after(-5, () => {});
    await clock.advance(0);
    assert.equal(clock.now(), 0);
  });

  it("times the callbacks of filters", { timeout: 20_000 }, async () => {
    const clock = new TestClock();
    const aborted: boolean[] = [];
    const slow = defineFilter({
      name: "slow",
      onError: "reject",
      async eom(_message, { signal }) {
        await sleep(clock, 240_001);
        aborted.push(signal.aborted);
      },
    });
    const delivery = deliver(slow, { clock });
    let done = false;
    void delivery.then(() => done = true);
    await clock.advance(239_999);
    assert.equal(done, false);
    await clock.advance(1);
    const delivered = await delivery;
    delivered.assertRejected();
    assert.match(String(delivered.failures[0]?.error), /240000 ms/);
    await clock.advance(1);
    assert.deepEqual(aborted, [true]);
  });

  it("runs the timers of a filter, and ages its stores", async () => {
    const clock = new TestClock();
    const limited = defineFilter({
      name: "limited",
      options: { most: { kind: "integer", default: "1", description: "Most messages an hour" } },
      verdicts: ["mail"],
      create({ most }, kit) {
        const seen = new Map<string, number>();
        const store = kit.store("clients");
        kit.every("1h", () => seen.clear());
        return {
          async mail({ address }) {
            seen.set(address, (seen.get(address) ?? 0) + 1);
            const known = await store.seen(address, 1000);
            if ((seen.get(address) ?? 0) > most) return tempfail(451, "4.7.1", `known for ${known} ms`);
          },
        };
      },
    });
    const store = new MemoryStore({ clock });
    await using filter = await make(limited, { most: 1 }, { clock, store });
    (await deliver(filter)).assertAccepted();
    await clock.advance(999);
    (await deliver(filter)).assertTempfailed(451, "known for 999 ms");
    await clock.advance(3_600_000);
    assert.equal(await store.seen("sender@example.com", 1000), undefined);
    (await deliver(filter)).assertAccepted();

    // The same clock for a definition that the session makes.
    const session = await TestSession.open(limited, { clock });
    (await session.deliver()).assertAccepted();
    (await session.deliver()).assertTempfailed(451, "known for 0 ms");
    await clock.advance(3_600_000);
    (await session.deliver()).assertAccepted();
    await session.close();
  });
});

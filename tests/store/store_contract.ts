// What every store does: texts for a time, when something was seen, and rates.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Store, StoreError } from "../../lib/store/store.ts";
import type { ManualClock } from "../support/manual_clock.ts";

const HOUR = 3_600_000;

/** A store with a clock of the test. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: Store;
  readonly clock: ManualClock;
}

/** Tests a store; `open` opens an empty one. */
export function testStore(open: () => Promise<StoreUnderTest>): void {
  describe("a text", () => {
    test("is kept for its time", async () => {
      await using opened = await open();
      const { store, clock } = opened;
      assert.equal(await store.get("a"), undefined);
      await store.set("a", "1", 1000);
      await store.set("b", "", 5000);
      clock.advance(999);
      assert.equal(await store.get("a"), "1");
      clock.advance(1);
      assert.equal(await store.get("a"), undefined);
      assert.equal(await store.get("b"), "", "an empty text is one");
    });

    test("is replaced with a new time, or removed", async () => {
      await using opened = await open();
      const { store, clock } = opened;
      await store.set("a", "1", 1000);
      clock.advance(900);
      await store.set("a", "2", 1000);
      clock.advance(900);
      assert.equal(await store.get("a"), "2");
      await store.delete("a");
      await store.delete("never set");
      assert.equal(await store.get("a"), undefined);
    });
  });

  describe("what was seen", () => {
    test("is known since the first time, for as long as it is seen again in time", async () => {
      await using opened = await open();
      const { store, clock } = opened;
      assert.equal(await store.seen("a", HOUR), undefined);
      clock.advance(HOUR - 1);
      assert.equal(await store.seen("a", HOUR), HOUR - 1);
      clock.advance(HOUR - 1);
      assert.equal(await store.seen("a", HOUR), 2 * HOUR - 2);
      clock.advance(HOUR);
      assert.equal(await store.seen("a", HOUR), undefined);
      assert.equal(await store.seen("a", HOUR), 0, "seen at this very moment");
      assert.equal(await store.seen("b", HOUR), undefined);
    });

    test("ends at the time of its first sighting, if its life counts from there", async () => {
      await using opened = await open();
      const { store, clock } = opened;
      assert.equal(await store.seen("a", HOUR, "first"), undefined);
      clock.advance(HOUR - 1);
      assert.equal(await store.seen("a", HOUR, "first"), HOUR - 1);
      clock.advance(1);
      assert.equal(await store.seen("a", HOUR, "first"), undefined);
      clock.advance(HOUR - 1);
      assert.equal(await store.seen("a", 2 * HOUR), HOUR - 1, "the next call may say otherwise");
      clock.advance(HOUR);
      assert.equal(await store.seen("a", HOUR, "first"), 2 * HOUR - 1);
    });
  });

  describe("a rate", () => {
    const rate = { count: 3, per: 60_000 };

    test("may be taken from until nothing is left, and fills again", async () => {
      await using opened = await open();
      const { store, clock } = opened;
      for (const left of [2, 1, 0]) {
        assert.deepEqual(await store.take("a", rate), { ok: true, left, wait: 0 });
      }
      assert.deepEqual(await store.take("a", rate), { ok: false, left: 0, wait: 20_000 });
      clock.advance(5000);
      assert.deepEqual(await store.take("a", rate), { ok: false, left: 0, wait: 15_000 });
      clock.advance(15_000);
      assert.deepEqual(await store.take("a", rate), { ok: true, left: 0, wait: 0 });
      assert.equal((await store.take("b", rate)).left, 2, "another key has its own");
      clock.advance(HOUR);
      assert.deepEqual(await store.take("a", rate), { ok: true, left: 2, wait: 0 }, "it never holds more");
    });

    test("may be taken from by more than one, and takes nothing if that is too much", async () => {
      await using opened = await open();
      const { store } = opened;
      assert.deepEqual(await store.take("a", rate, 2), { ok: true, left: 1, wait: 0 });
      assert.deepEqual(await store.take("a", rate, 2), { ok: false, left: 1, wait: 20_000 });
      assert.deepEqual(await store.take("a", rate, 1), { ok: true, left: 0, wait: 0 });
    });

    test("has a burst of its own", async () => {
      await using opened = await open();
      const { store } = opened;
      assert.equal((await store.take("a", { ...rate, burst: 1 })).ok, true);
      assert.deepEqual(await store.take("a", { ...rate, burst: 1 }), { ok: false, left: 0, wait: 20_000 });
      assert.equal((await store.take("b", { ...rate, burst: 10 }, 10)).ok, true);
      await store.take("c", { ...rate, burst: 10 });
      assert.equal((await store.take("c", rate)).left, 2, "a smaller one holds at once");
    });

    test("has enough after the wait that it promised, however often it was asked", async () => {
      await using opened = await open();
      const { store, clock } = opened;
      const hourly = { count: 1, per: HOUR };
      await store.take("a", hourly);
      for (let i = 0; i < 6; i++) {
        assert.equal((await store.take("a", hourly)).ok, false);
        clock.advance(HOUR / 6);
      }
      assert.deepEqual(await store.take("a", hourly), { ok: true, left: 0, wait: 0 });
    });

    test("of which more is asked at once than it ever holds is a mistake", async () => {
      await using opened = await open();
      const { store } = opened;
      await assert.rejects(store.take("a", rate, 4), (error) => {
        assert.ok(error instanceof StoreError);
        assert.deepEqual([error.code, error.value], ["invalid-store-call", 4]);
        assert.equal(error.message, "Cannot take 4 at once: the rate never allows more than 3");
        return true;
      });
    });

    test("is only looked at with an amount of 0, or if there is not enough", async () => {
      await using opened = await open();
      const { store, clock } = opened;
      assert.deepEqual(await store.take("a", rate, 0), { ok: true, left: 3, wait: 0 });
      await store.take("a", rate, 2);
      assert.deepEqual(await store.take("a", rate, 0), { ok: true, left: 1, wait: 0 });
      assert.equal((await store.take("a", rate, 2)).ok, false);
      clock.advance(40_000);
      assert.deepEqual(await store.take("a", rate, 0), { ok: true, left: 3, wait: 0 });
    });

    test("is right however many take from it at once", async () => {
      await using opened = await open();
      const { store } = opened;
      const taken = await Promise.all(Array.from({ length: 10 }, () => store.take("a", rate)));
      assert.equal(taken.filter(({ ok }) => ok).length, 3);
    });
  });

  describe("a store", () => {
    test("keeps one kind of entry for a key", async () => {
      await using opened = await open();
      const { store } = opened;
      const rate = { count: 3, per: HOUR };
      for (const text of ["text", ""]) {
        await store.set("a", text, HOUR);
        await assert.rejects(store.take("a", rate), /Cannot take from "a": it holds a text/);
        await assert.rejects(store.seen("a", HOUR), /Cannot note a sighting of "a": it holds a text/);
      }
      await store.delete("a");
      await store.seen("a", HOUR);
      await assert.rejects(store.get("a"), /Cannot get "a": it holds when it was seen/);
      await assert.rejects(store.take("a", rate), /it holds when it was seen/);
      await store.set("a", "text", HOUR);
      assert.equal(await store.get("a"), "text", "setting replaces whatever is there");
      await store.delete("a");
      await store.take("a", rate);
      await assert.rejects(store.seen("a", HOUR), /it holds what is left of a rate/);
      await assert.rejects(store.get("k".repeat(10_000)).then(() => store.get("a")), { name: "StoreError" });
    });

    test("refuses calls that make no sense, as a rejection", async () => {
      await using opened = await open();
      const { store } = opened;
      const good = { count: 1, per: 1 };
      const calls: [call: () => Promise<unknown>, says: RegExp][] = [
        [() => store.set("a", "1", 0), /^StoreError: A life must be a number, 1 or more, got 0$/],
        [() => store.set("a", "1", Infinity), /A life must be a number/],
        [() => store.seen("a", NaN), /A life must be a number, 1 or more, got NaN/],
        [() => store.set(undefined as unknown as string, "1", 1), /Cannot use undefined as a key: want text/],
        [() => store.take("a", { ...good, count: 0 }), /A rate's count must be/],
        [() => store.take("a", { ...good, per: 0 }), /A rate's time must be/],
        [() => store.take("a", { ...good, burst: 0 }), /A rate's burst must be/],
        [() => store.take("a", good, -1), /An amount other than 0 must be a number, 1 or more, got -1/],
        [() => store.take("a", good, 0.5), /An amount other than 0 must be/],
        [() => store.seen("a", 1, "now" as "last"), /A life counts from "first" or "last", got "now"/],
        [() => store.set("a", 1 as unknown as string, 1), /Cannot keep number: want text/],
        [() => store.get(1 as unknown as string), /Cannot use number as a key: want text/],
      ];
      for (const [call, says] of calls) {
        const calling = call();
        await assert.rejects(
          calling,
          (error) => error instanceof StoreError && says.test(String(error)),
          says.source,
        );
      }
      assert.equal(await store.get("a"), undefined, "nothing was set");
    });

    test("takes any text as a key and as a text", async () => {
      await using opened = await open();
      const { store } = opened;
      const odd = ["", "\0", "a\0b", "\n", "é", "🙂", "k".repeat(10_000), "k".repeat(10_001), '"', "\\"];
      for (const text of odd) await store.set(text, text, HOUR);
      for (const text of odd) assert.equal(await store.get(text), text, JSON.stringify(text.slice(0, 10)));
      await store.set("half", "\ud800", HOUR);
      assert.equal(await store.get("half"), "\ud800");
      await store.set("long", "x".repeat(1_000_000), HOUR);
      assert.equal((await store.get("long"))?.length, 1_000_000);
      await assert.rejects(
        store.set("long", "x".repeat(1_000_001), HOUR),
        /Cannot keep a text of 1000001 characters/,
      );
    });
  });
}

// The store in memory: texts for a time, when something was seen, and rates.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MemoryStore } from "../../lib/store/memory_store.ts";
import { StoreError } from "../../lib/store/store.ts";
import { ManualClock } from "../support/manual_clock.ts";

const HOUR = 3_600_000;

function storeWith(entries?: number): { store: MemoryStore; clock: ManualClock } {
  const clock = new ManualClock();
  return { store: new MemoryStore({ clock, ...(entries === undefined ? {} : { entries }) }), clock };
}

describe("a text", () => {
  test("is kept for its time", async () => {
    const { store, clock } = storeWith();
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
    const { store, clock } = storeWith();
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
    const { store, clock } = storeWith();
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
    const { store, clock } = storeWith();
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
    const { store, clock } = storeWith();
    for (const left of [2, 1, 0]) assert.deepEqual(await store.take("a", rate), { ok: true, left, wait: 0 });
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
    const { store } = storeWith();
    assert.deepEqual(await store.take("a", rate, 2), { ok: true, left: 1, wait: 0 });
    assert.deepEqual(await store.take("a", rate, 2), { ok: false, left: 1, wait: 20_000 });
    assert.deepEqual(await store.take("a", rate, 1), { ok: true, left: 0, wait: 0 });
  });

  test("has a burst of its own", async () => {
    const { store } = storeWith();
    assert.equal((await store.take("a", { ...rate, burst: 1 })).ok, true);
    assert.deepEqual(await store.take("a", { ...rate, burst: 1 }), { ok: false, left: 0, wait: 20_000 });
    assert.equal((await store.take("b", { ...rate, burst: 10 }, 10)).ok, true);
    await store.take("c", { ...rate, burst: 10 });
    assert.equal((await store.take("c", rate)).left, 2, "a smaller one holds at once");
  });

  test("has enough after the wait that it promised, however often it was asked", async () => {
    const { store, clock } = storeWith();
    const hourly = { count: 1, per: HOUR };
    await store.take("a", hourly);
    for (let i = 0; i < 6; i++) {
      assert.equal((await store.take("a", hourly)).ok, false);
      clock.advance(HOUR / 6);
    }
    assert.deepEqual(await store.take("a", hourly), { ok: true, left: 0, wait: 0 });
  });

  test("of which more is asked at once than it ever holds is a mistake", async () => {
    const { store } = storeWith();
    await assert.rejects(store.take("a", rate, 4), (error) => {
      assert.ok(error instanceof StoreError);
      assert.deepEqual([error.code, error.value], ["invalid-store-call", 4]);
      assert.equal(error.message, "Cannot take 4 at once: the rate never allows more than 3");
      return true;
    });
  });

  test("is only looked at with an amount of 0, or if there is not enough", async () => {
    const { store, clock } = storeWith();
    assert.deepEqual(await store.take("a", rate, 0), { ok: true, left: 3, wait: 0 });
    assert.equal(store.size, 0);
    await store.take("a", rate, 2);
    assert.deepEqual(await store.take("a", rate, 0), { ok: true, left: 1, wait: 0 });
    assert.equal((await store.take("a", rate, 2)).ok, false);
    clock.advance(40_000);
    assert.deepEqual(await store.take("a", rate, 0), { ok: true, left: 3, wait: 0 });
  });

  test("is right however many take from it at once", async () => {
    const { store } = storeWith();
    const taken = await Promise.all(Array.from({ length: 10 }, () => store.take("a", rate)));
    assert.equal(taken.filter(({ ok }) => ok).length, 3);
  });
});

describe("a store", () => {
  test("keeps one kind of entry for a key", async () => {
    const { store } = storeWith();
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

  test("drops what was used least recently above its bound", async () => {
    const { store } = storeWith(3);
    for (const key of ["a", "b", "c"]) await store.set(key, key, HOUR);
    await store.set("a", "a", HOUR);
    await store.set("d", "d", HOUR);
    assert.equal(store.size, 3);
    assert.deepEqual(await Promise.all(["a", "b", "c", "d"].map((key) => store.get(key))), [
      "a",
      undefined,
      "c",
      "d",
    ]);
  });

  test("lets go of what is over without being asked for it", async () => {
    const { store, clock } = storeWith();
    for (let i = 0; i < 100; i++) await store.set(`old ${i}`, "", 1000);
    clock.advance(1000);
    for (let i = 0; i < 60; i++) await store.set("new", "", 1000);
    assert.equal(store.size, 1);
  });

  test("refuses calls that make no sense, as a rejection", async () => {
    const { store } = storeWith();
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
    assert.equal(store.size, 0);
    assert.throws(
      () => new MemoryStore({ entries: 0 }),
      /A number of entries must be a number, 1 or more, got 0/,
    );
  });
});

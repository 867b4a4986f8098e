// The store in memory: what every store does, and its bound.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MemoryStore } from "../../lib/store/memory_store.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { testStore } from "./store_contract.ts";

const HOUR = 3_600_000;

function storeWith(entries?: number): { store: MemoryStore; clock: ManualClock } {
  const clock = new ManualClock();
  return { store: new MemoryStore({ clock, ...(entries === undefined ? {} : { entries }) }), clock };
}

testStore(() => Promise.resolve({ ...storeWith(), [Symbol.asyncDispose]: () => Promise.resolve() }));

describe("a store", () => {
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

  test("writes nothing for what is only looked at", async () => {
    const { store } = storeWith();
    await store.take("a", { count: 1, per: HOUR }, 0);
    await store.get("a");
    assert.equal(store.size, 0);
  });

  test("has room for at least one entry", () => {
    assert.throws(
      () => new MemoryStore({ entries: 0 }),
      /A number of entries must be a number, 1 or more, got 0/,
    );
  });
});

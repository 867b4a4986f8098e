// The store in a file: what every store does, and what a file adds: it outlives the store, and shrinks by itself.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { StateEntry } from "../../lib/store/backend.ts";
import { SqliteStore } from "../../lib/store/sqlite/sqlite_store.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { temporaryFolder } from "./temporary_folder.ts";
import { testStore } from "./store_contract.ts";

const HOUR = 3_600_000;
const TODAY = 1_800_000_000_000;

async function inFolder(work: (file: string) => Promise<void>): Promise<void> {
  using folder = temporaryFolder();
  await work(join(folder.path, "state.db"));
}

testStore(() => {
  const folder = temporaryFolder();
  const clock = new ManualClock();
  const store = SqliteStore.open(join(folder.path, "state.db"), { clock });
  return Promise.resolve({
    store,
    clock,
    async [Symbol.asyncDispose]() {
      await store.close();
      folder[Symbol.dispose]();
    },
  });
});

describe("a file", () => {
  test("keeps what was counted, and time goes on while it is closed", () =>
    inFolder(async (file) => {
      const rate = { count: 6, per: HOUR, burst: 10 };
      const first = SqliteStore.open(file, { clock: new ManualClock(), today: () => TODAY });
      await first.take("a", rate, 10);
      await first.seen("b", 3 * HOUR);
      await first.set("c", "text", HOUR);
      await first.close();
      const second = SqliteStore.open(file, { clock: new ManualClock(), today: () => TODAY + HOUR / 2 });
      assert.equal((await second.take("a", rate, 0)).left, 3);
      assert.equal(await second.seen("b", HOUR), HOUR / 2);
      assert.equal(await second.get("c"), "text");
      await second.close();
      const third = SqliteStore.open(file, { clock: new ManualClock(), today: () => TODAY + HOUR });
      assert.equal(await third.get("c"), undefined);
      await third.close();
    }));

  test("lives by a time that no jump of the system's clock changes", () =>
    inFolder(async (file) => {
      let today = TODAY;
      const rate = { count: 1, per: HOUR };
      const clock = new ManualClock();
      const first = SqliteStore.open(file, { clock, today: () => today });
      await first.take("a", rate);
      today += 365 * 24 * HOUR;
      assert.equal((await first.take("a", rate)).ok, false, "a clock that went ahead gives nothing");
      await first.close();
      // The clock was set back while the file was closed.
      const second = SqliteStore.open(file, { clock: new ManualClock(), today: () => TODAY - 24 * HOUR });
      const { ok, wait } = await second.take("a", rate);
      assert.deepEqual([ok, wait], [false, HOUR]);
      assert.equal(await second.seen("new", HOUR), undefined);
      await second.close();
    }));

  test("is readable for its owner alone", () =>
    inFolder(async (file) => {
      const store = SqliteStore.open(file);
      await store.set("a", "1", HOUR);
      for (const name of [file, `${file}-wal`]) assert.equal(statSync(name).mode & 0o777, 0o600, name);
      await store.close();
    }));

  test("loses entries whose time is over in small steps, without being asked for them", () =>
    inFolder(async (file) => {
      const clock = new ManualClock();
      const store = SqliteStore.open(file, { clock });
      const calls = Array.from(
        { length: 3000 },
        (_, i) => ["set", `key ${i}`, "", i % 3 === 0 ? 10 * HOUR : HOUR] as const,
      );
      await store.carryOut(calls);
      assert.equal((await store.info()).entries, 3000);
      clock.advance(HOUR);
      assert.equal((await store.info()).entries, 2667, "a third of what was looked at stays");
      for (let i = 0; i < 10; i++) clock.advance(1000);
      assert.equal((await store.info()).entries, 1000);
      assert.equal(await store.get("key 3"), "");
      await store.close();
    }));

  test("can be gone through, all of it or what a filter has", () =>
    inFolder(async (file) => {
      const clock = new ManualClock();
      const store = SqliteStore.open(file, { clock });
      await store.carryOut(
        Array.from({ length: 1200 }, (_, i) => ["set", `a\0n\0=${i}`, "x\0", HOUR] as const),
      );
      await store.take("b\0n\0=1", { count: 10, per: 10 * HOUR }, 4);
      await store.seen("b\0n\0=2", HOUR);
      await store.set("b\0n\0=gone", "", 1000);
      clock.advance(5000);
      const found = async (prefix?: string): Promise<StateEntry[]> => {
        const entries: StateEntry[] = [];
        for await (const entry of store.entries(prefix)) entries.push(entry);
        return entries;
      };
      assert.equal((await found()).length, 1202);
      assert.equal(new Set((await found("a\0")).map(({ key }) => key)).size, 1200);
      assert.deepEqual((await found("b\0")).map(({ life: _, ...rest }) => rest), [
        { key: "b\0n\0=1", kind: "rate", level: 6, age: 5000 },
        { key: "b\0n\0=2", kind: "sighting", age: 5000 },
      ]);
      assert.deepEqual(await found("a\0n\0=77"), [
        ...["77", "770", "771", "772", "773", "774", "775", "776", "777", "778", "779"].map((i) => (
          { key: `a\0n\0=${i}`, life: HOUR - 5000, kind: "text", text: "x\0" } as const
        )),
      ]);
      await store.close();
    }));

  test("carries out several calls in one step, and a mistake among them is one", () =>
    inFolder(async (file) => {
      const store = SqliteStore.open(file);
      const outcomes = await store.carryOut([
        ["set", "a", "1", HOUR],
        ["take", "a", { count: 1, per: 1 }, 1],
        ["set", "b", "2", 0],
        ["get", "a"],
      ]);
      assert.deepEqual(outcomes.map((each) => "error" in each ? each.error.name : each.result), [
        undefined,
        "StoreError",
        "StoreError",
        "1",
      ]);
      await store.close();
      await assert.rejects(store.get("a"), { name: "StoreUnavailableError", reason: "it is closed" });
    }));
});

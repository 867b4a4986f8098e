// A store that does not answer: no filter waits long for it, mail is counted without it, and it comes back by itself.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { STATE_CHANNEL, type StateEvent } from "../../lib/store/events.ts";
import type { StoreCall } from "../../lib/store/calls.ts";
import { GuardedStore, type OnStateError } from "../../lib/store/guarded_store.ts";
import { MemoryStore } from "../../lib/store/memory_store.ts";
import { StoreError, StoreUnavailableError } from "../../lib/store/store.ts";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { ManualClock } from "../support/manual_clock.ts";

const HOUR = 3_600_000;
const RATE = { count: 1, per: HOUR, burst: 3 };

/** A store that answers, or does not, as the test wants. */
class Moody {
  readonly clock = new ManualClock();
  readonly inner = new MemoryStore({ clock: this.clock });
  mood: "good" | "silent" | "broken" | "rubbish" | "full" = "good";
  calls = 0;
  readonly told: string[] = [];
  readonly still: string[] = [];

  guard(onError: OnStateError = "accept"): GuardedStore {
    const store = new Proxy(this.inner, {
      get: (inner, method) => (...args: unknown[]) => {
        this.calls++;
        if (this.mood === "silent") return new Promise(() => {});
        const refuses = this.mood === "broken" || this.mood === "full" && method !== "get";
        if (refuses) return Promise.reject(new StoreUnavailableError("place", "it is broken"));
        if (this.mood === "rubbish") return Promise.reject(new TypeError("not a function"));
        return (inner[method as StoreCall[0]] as (...args: unknown[]) => unknown).apply(inner, args);
      },
    });
    return new GuardedStore(store, {
      address: "place",
      onError,
      clock: this.clock,
      events: {
        away: (reason) => this.told.push(`away: ${reason}`),
        stillAway: (reason) => this.still.push(reason),
        back: (milliseconds, calls) => this.told.push(`back after ${milliseconds}, ${calls} without`),
      },
    });
  }
}

/** Lets everything happen that needs no time. */
async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve));
}

describe("a store that answers", () => {
  test("is asked, and its errors about mistakes are those of the caller", async () => {
    const moody = new Moody();
    const guard = moody.guard();
    assert.equal((await guard.take("a", RATE)).left, 2);
    assert.equal((await moody.inner.take("a", RATE, 0)).left, 2);
    await assert.rejects(guard.get("a"), StoreError);
    await assert.rejects(guard.take("a", RATE, 4), StoreError);
    assert.equal(guard.isAway, false);
  });
});

describe("a store that does not answer", () => {
  test("is waited for 200 ms once, and then not at all", async () => {
    const moody = new Moody();
    const guard = moody.guard();
    moody.mood = "silent";
    const waiting = [guard.take("a", RATE), guard.take("a", RATE)];
    await settled();
    moody.clock.advance(199);
    assert.equal(guard.isAway, false);
    moody.clock.advance(1);
    assert.deepEqual((await Promise.all(waiting)).map(({ left }) => left), [2, 1]);
    const { calls } = moody;
    assert.equal((await guard.take("a", RATE)).left, 0);
    assert.equal((await guard.take("a", RATE)).ok, false, "counted in memory meanwhile");
    assert.equal(moody.calls, calls, "it was not asked");
    assert.deepEqual(moody.told, ["away: no answer within 200 ms"]);
  });

  test("is asked in the background, and used again as soon as it answers", async () => {
    const moody = new Moody();
    const guard = moody.guard();
    await guard.take("a", RATE);
    moody.mood = "broken";
    assert.equal((await guard.take("a", RATE)).left, 2, "memory begins with nothing counted");
    for (let second = 0; second < 10; second++) {
      await settled();
      moody.clock.advance(1000);
    }
    await settled();
    assert.ok(moody.calls >= 8 && moody.calls <= 14, `${moody.calls} calls`);
    moody.mood = "good";
    moody.clock.advance(1000);
    await settled();
    assert.equal(guard.isAway, false);
    assert.equal((await guard.take("a", RATE)).left, 1, "what was counted in it before");
    assert.deepEqual(moody.told, ["away: it is broken", "back after 11000, 1 without"]);
    assert.ok(moody.still.length >= 8 && moody.still.every((reason) => reason === "it is broken"));
  });

  test("is an error of every call, where mail is to be deferred then", async () => {
    const moody = new Moody();
    const guard = moody.guard("tempfail");
    moody.mood = "broken";
    for (let i = 0; i < 2; i++) {
      await assert.rejects(guard.take("a", RATE), (error) => {
        assert.ok(error instanceof StoreUnavailableError);
        assert.deepEqual([error.code, error.value, error.reason], [
          "store-unavailable",
          "place",
          "it is broken",
        ]);
        return true;
      });
    }
    await assert.rejects(guard.take("a", { ...RATE, burst: 0 }), StoreError, "a mistake is still one");
  });

  test("stays away while it only answers questions, as a full one or a replica does", async () => {
    const moody = new Moody();
    const guard = moody.guard();
    moody.mood = "full";
    for (let second = 0; second < 5; second++) {
      assert.equal((await guard.take("a", RATE)).left, Math.max(0, 2 - second), "counted on in memory");
      moody.clock.advance(1000);
      await settled();
    }
    assert.equal(guard.isAway, true);
  });

  test("may also answer rubbish", async () => {
    const moody = new Moody();
    const guard = moody.guard();
    moody.mood = "rubbish";
    assert.equal((await guard.take("a", RATE)).ok, true);
    assert.deepEqual(moody.told, ["away: not a function"]);
  });

  test("is not asked any more after its guard is closed", async () => {
    const moody = new Moody();
    const guard = moody.guard();
    moody.mood = "broken";
    await guard.get("a");
    guard.close();
    const { calls } = moody;
    moody.clock.advance(10_000);
    await settled();
    assert.equal(moody.calls, calls);
  });
});

test("what became of each call is told to whoever counts", async () => {
  const events: StateEvent[] = [];
  const heard = (event: unknown) => events.push(event as StateEvent);
  subscribe(STATE_CHANNEL, heard);
  try {
    const moody = new Moody();
    const guard = moody.guard();
    await guard.get("a");
    moody.mood = "silent";
    const waiting = guard.take("a", RATE);
    await settled();
    moody.clock.advance(200);
    await waiting;
    await guard.seen("b", HOUR);
  } finally {
    unsubscribe(STATE_CHANNEL, heard);
  }
  assert.deepEqual(events, [
    { method: "get", result: "ok", milliseconds: 0 },
    { method: "take", result: "failed", milliseconds: 200 },
    { method: "seen", result: "away", milliseconds: 0 },
  ]);
});

/**
 * A store in the memory of one process, with a bound: above it, the entry that was written longest ago gives way.
 *
 * @module
 */

import { type Clock, systemClock } from "../time/clock.ts";
import { type Rate, type Store, StoreError, type Taken } from "./store.ts";

/** The most entries of a store unless another number is given. */
const MAX_ENTRIES = 100_000;

/** How many entries each call looks at to find those whose time is over, so that no call takes long. */
const SWEPT_PER_CALL = 2;

interface Entry {
  readonly value: string;
  /** When it was first seen, or its bucket last counted. */
  readonly since: number;
  readonly expires: number;
}

/** Settings of a memory store. */
export interface MemoryStoreOptions {
  /** The most entries, 1 or more. @default 100000 */
  readonly entries?: number;
  /** The clock. @default the system's */
  readonly clock?: Clock;
}

/**
 * Keeps entries in memory. They are gone when the process ends, and other processes do not see them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { MemoryStore } from "./memory_store.ts";
 *
 * const store = new MemoryStore();
 * assert.equal(await store.seen("192.0.2.1", 3_600_000), undefined);
 * assert.notEqual(await store.seen("192.0.2.1", 3_600_000), undefined);
 *
 * const rate = { count: 2, per: 60_000 };
 * assert.equal((await store.take("joe", rate)).left, 1);
 * assert.equal((await store.take("joe", rate)).ok, true);
 * assert.equal((await store.take("joe", rate)).ok, false);
 * ```
 */
export class MemoryStore implements Store {
  readonly #entries = new Map<string, Entry>();
  readonly #max: number;
  readonly #clock: Clock;
  /** Where the search for entries whose time is over continues. */
  #sweep: Iterator<[string, Entry]> | undefined;

  /** @throws {StoreError} if `entries` is below 1 */
  constructor({ entries = MAX_ENTRIES, clock = systemClock }: MemoryStoreOptions = {}) {
    this.#max = checked(entries, "A number of entries");
    this.#clock = clock;
  }

  /** The number of entries, including some whose time is over. */
  get size(): number {
    return this.#entries.size;
  }

  // Async throughout, so that a misuse rejects here as it does in a store behind a socket.
  async get(key: string): Promise<string | undefined> {
    return await this.#entry(key)?.value;
  }

  async set(key: string, value: string, life: number): Promise<void> {
    await this.#put(key, value, this.#clock.now(), life);
  }

  async delete(key: string): Promise<void> {
    await this.#entries.delete(key);
  }

  async seen(key: string, life: number): Promise<number | undefined> {
    const now = this.#clock.now();
    const entry = this.#entry(key);
    await this.#put(key, entry?.value ?? "", entry?.since ?? now, life);
    return entry && now - entry.since;
  }

  async take(key: string, rate: Rate, amount: number = 1): Promise<Taken> {
    return await this.#take(key, rate, amount);
  }

  /** In one step, so that no other call comes between reading and writing. */
  #take(key: string, { count, per, burst = count }: Rate, amount: number): Taken {
    checked(count, "A rate's count");
    checked(per, "A rate's time");
    checked(burst, "A rate's burst");
    checked(amount, "An amount");
    if (amount > burst) {
      throw new StoreError(amount, `Cannot take ${amount} at once: the rate never allows more than ${burst}`);
    }
    const now = this.#clock.now();
    const entry = this.#entry(key);
    if (entry && !(Number(entry.value) >= 0 && entry.value !== "")) {
      throw new StoreError(
        key,
        `Cannot take from ${JSON.stringify(key)}: it holds a text, not what is left of a rate`,
      );
    }
    const before = entry ? Number(entry.value) + (now - entry.since) * count / per : burst;
    const level = Math.min(burst, before);
    // Sums of fractions are rounded, and after the wait that was promised there must be enough.
    const ok = level >= amount - 1e-9;
    const rest = ok ? Math.max(0, level - amount) : level;
    // A full bucket is as good as none.
    this.#put(key, String(rest), now, Math.max(1, Math.ceil((burst - rest) * per / count)));
    return { ok, left: Math.floor(rest), wait: ok ? 0 : Math.ceil((amount - level) * per / count) };
  }

  #entry(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (!entry || entry.expires > this.#clock.now()) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  #put(key: string, value: string, since: number, life: number): void {
    checked(life, "A life");
    if (typeof key !== "string") throw new StoreError(key, `Cannot use ${typeof key} as a key: want text`);
    // Deleting first makes the entry the newest in the order of the map.
    this.#entries.delete(key);
    this.#entries.set(key, { value, since, expires: this.#clock.now() + life });
    this.#sweepSome();
    if (this.#entries.size <= this.#max) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  #sweepSome(): void {
    for (let i = 0; i < SWEPT_PER_CALL; i++) {
      const next = (this.#sweep ??= this.#entries[Symbol.iterator]()).next();
      if (next.done) this.#sweep = undefined;
      else if (next.value[1].expires <= this.#clock.now()) this.#entries.delete(next.value[0]);
    }
  }
}

function checked(value: number, what: string): number {
  if (typeof value === "number" && value >= 1 && Number.isFinite(value)) return value;
  throw new StoreError(value, `${what} must be a number, 1 or more, got ${value}`);
}

// deno-lint-ignore-file require-await -- a misuse rejects, as in a store behind a socket, and no call waits between reading
// and writing
/**
 * A store in the memory of one process, with a bound: above it, the entry that was written longest ago gives way.
 *
 * @module
 */

import { type Clock, systemClock } from "../time/clock.ts";
import { takeFrom } from "./bucket.ts";
import {
  checkKey,
  checkKind,
  checkNumber,
  checkSighting,
  checkTake,
  checkText,
  type EntryKind,
} from "./checks.ts";
import type { LifeFrom, Rate, Store, Taken } from "./store.ts";

/** The most entries of a store unless another number is given. */
const MAX_ENTRIES = 100_000;

/** How many entries each call looks at to find those whose time is over, so that no call takes long. */
const SWEPT_PER_CALL = 2;

interface Entry {
  readonly kind: EntryKind;
  /** The text. */
  readonly text: string;
  /** What the bucket of a rate held. */
  readonly level: number;
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
    checkNumber(entries, "A number of entries");
    this.#max = entries;
    this.#clock = clock;
  }

  /** The number of entries, including some whose time is over. */
  get size(): number {
    return this.#entries.size;
  }

  async get(key: string): Promise<string | undefined> {
    checkKey(key);
    return this.#entry(key, "text")?.text;
  }

  async set(key: string, value: string, life: number): Promise<void> {
    checkText(key, value, life);
    const now = this.#clock.now();
    this.#put(key, { kind: "text", text: value, level: 0, since: now, expires: now + life });
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    this.#entries.delete(key);
  }

  async seen(key: string, life: number, from: LifeFrom = "last"): Promise<number | undefined> {
    checkSighting(key, life, from);
    const now = this.#clock.now();
    const entry = this.#entry(key, "sighting");
    const since = entry?.since ?? now;
    const expires = entry && from === "first" ? entry.expires : now + life;
    this.#put(key, { kind: "sighting", text: "", level: 0, since, expires });
    return entry && Math.max(0, now - since);
  }

  async take(key: string, rate: Rate, amount: number = 1): Promise<Taken> {
    checkTake(key, rate, amount);
    const now = this.#clock.now();
    const entry = this.#entry(key, "rate");
    const bucket = entry && { level: entry.level, at: entry.since };
    const { taken, next, life } = takeFrom(bucket, rate, amount, now);
    if (next) {
      this.#put(key, { kind: "rate", text: "", level: next.level, since: next.at, expires: now + life });
    }
    return taken;
  }

  #entry(key: string, kind: EntryKind): Entry | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (entry.expires > this.#clock.now()) {
      checkKind(key, entry.kind, kind);
      return entry;
    }
    this.#entries.delete(key);
    return undefined;
  }

  #put(key: string, entry: Entry): void {
    // Deleting first makes the entry the newest in the order of the map.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
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

/**
 * A bounded set of entries in memory, with the synchronous effect of each store call.
 *
 * @module
 */

import type { Clock } from "../time/clock.ts";
import type { StateEntry } from "./backend.ts";
import { takeFrom } from "./bucket.ts";
import type { StoreCall, StoreResult } from "./calls.ts";
import { checkCall, checkKind, type EntryKind } from "./checks.ts";
import type { LifeFrom, Rate, Taken } from "./store.ts";

/** How many entries each call checks for expiry, so that no call takes long. */
const SWEPT_PER_CALL = 2;
/** The overhead of an entry in addition to its key and text, in bytes, measured on Bun and Deno. */
const ENTRY_BYTES = 120;

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

/** Entries by key; beyond the bound, the least recently written one is dropped. */
export class EntryMap {
  readonly #entries = new Map<string, Entry>();
  readonly #max: number;
  readonly #clock: Clock;
  /** Where the search for expired entries continues. */
  #sweep: Iterator<[string, Entry]> | undefined;
  #characters = 0;

  /**
   * @param max the maximum number of entries, 1 or more
   * @param clock the clock
   */
  constructor(max: number, clock: Clock) {
    this.#max = max;
    this.#clock = clock;
  }

  /** The number of entries, including some that have expired. */
  get size(): number {
    return this.#entries.size;
  }

  /** How much memory they take, in bytes, approximately. */
  get bytes(): number {
    return this.#entries.size * ENTRY_BYTES + this.#characters;
  }

  /**
   * Executes a call.
   *
   * @throws {StoreError} if it is a mistake
   */
  call(call: StoreCall): StoreResult {
    checkCall(call);
    const key = call[1];
    switch (call[0]) {
      case "get":
        return this.#entry(key, "text")?.text;
      case "set":
        return this.#set(key, call[2], call[3]);
      case "delete":
        return this.#remove(key);
      case "seen":
        return this.#seen(key, call[2], call[3]);
      case "take":
        return this.#take(key, call[2], call[3]);
    }
  }

  /** Iterates over the unexpired entries whose keys begin with a text. */
  *entries(prefix: string): Generator<StateEntry> {
    for (const [key, { kind, text, level, since, expires }] of this.#entries) {
      const now = this.#clock.now();
      if (expires <= now || !key.startsWith(prefix)) continue;
      const common = { key, life: Math.ceil(expires - now) };
      const age = Math.max(0, Math.floor(now - since));
      if (kind === "text") yield { ...common, kind, text };
      else if (kind === "sighting") yield { ...common, kind, age };
      else yield { ...common, kind, level, age };
    }
  }

  #set(key: string, text: string, life: number): undefined {
    const now = this.#clock.now();
    this.#put(key, { kind: "text", text, level: 0, since: now, expires: now + life });
  }

  #seen(key: string, life: number, from: LifeFrom): number | undefined {
    const now = this.#clock.now();
    const entry = this.#entry(key, "sighting");
    const since = entry?.since ?? now;
    const expires = entry && from === "first" ? entry.expires : now + life;
    this.#put(key, { kind: "sighting", text: "", level: 0, since, expires });
    return entry && Math.max(0, now - since);
  }

  #take(key: string, rate: Rate, amount: number): Taken {
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
    this.#remove(key);
    return undefined;
  }

  #put(key: string, entry: Entry): void {
    // Removing it first makes the entry the newest in the order of the map.
    this.#remove(key);
    this.#entries.set(key, entry);
    this.#characters += key.length + entry.text.length;
    this.#sweepSome();
    if (this.#entries.size <= this.#max) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#remove(oldest);
  }

  #remove(key: string): undefined {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#characters -= key.length + entry.text.length;
    this.#entries.delete(key);
  }

  #sweepSome(): void {
    for (let i = 0; i < SWEPT_PER_CALL; i++) {
      const next = (this.#sweep ??= this.#entries[Symbol.iterator]()).next();
      if (next.done) this.#sweep = undefined;
      else if (next.value[1].expires <= this.#clock.now()) this.#remove(next.value[0]);
    }
  }
}

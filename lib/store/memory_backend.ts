/**
 * A store in memory that all filters of a process share, or, through a keeper, all workers.
 *
 * @module
 */

import { type Clock, systemClock } from "../time/clock.ts";
import type { StateEntry, StateInfo } from "./backend.ts";
import { CalledStore, type CallOutcome, type StoreCall, type StoreResult } from "./calls.ts";
import { EntryMap } from "./entry_map.ts";
import type { KeptStore } from "./keeper/kept_store.ts";
import { MAX_ENTRIES } from "./memory_store.ts";
import { StoreError } from "./store.ts";

/**
 * Keeps entries in memory, up to 100,000 for each store of each filter, so that one store cannot displace the entries
 * of another.
 */
export class MemoryBackend extends CalledStore implements KeptStore {
  /** The entries of each store, by the prefix of their keys. */
  readonly #parts = new Map<string, EntryMap>();
  readonly #clock: Clock;

  /** @param clock the clock */
  constructor(clock: Clock = systemClock) {
    super();
    this.#clock = clock;
  }

  // deno-lint-ignore require-await -- a store behind a socket has to wait
  async carryOut(calls: readonly StoreCall[]): Promise<readonly CallOutcome[]> {
    return calls.map((call) => {
      try {
        return { result: this.#call(call) };
      } catch (error) {
        if (error instanceof StoreError) return { error };
        throw error;
      }
    });
  }

  async *entries(prefix = ""): AsyncGenerator<StateEntry> {
    for (const part of this.#parts.values()) yield* part.entries(prefix);
  }

  // deno-lint-ignore require-await -- a store behind a socket has to wait
  async info(): Promise<StateInfo> {
    const parts = [...this.#parts.values()];
    return {
      kind: "memory",
      address: "memory",
      software: "memory",
      entries: parts.reduce((sum, { size }) => sum + size, 0),
      bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  // deno-lint-ignore require-await -- a store behind a socket has to wait
  async close(): Promise<void> {
    this.#parts.clear();
  }

  // deno-lint-ignore require-await -- a mistake is a rejection
  protected override async call(call: StoreCall): Promise<StoreResult> {
    return this.#call(call);
  }

  #call(call: StoreCall): StoreResult {
    const key = String(call[1]);
    const name = key.slice(0, key.indexOf("\0", key.indexOf("\0") + 1) + 1);
    let part = this.#parts.get(name);
    if (!part) this.#parts.set(name, part = new EntryMap(MAX_ENTRIES, this.#clock));
    return part.call(call);
  }
}

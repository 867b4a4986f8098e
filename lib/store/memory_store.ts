/**
 * A bounded store in the memory of one process: beyond the bound, the least recently written entry is dropped.
 *
 * @module
 */

import { type Clock, systemClock } from "../time/clock.ts";
import { CalledStore, type StoreCall, type StoreResult } from "./calls.ts";
import { checkNumber } from "./checks.ts";
import { EntryMap } from "./entry_map.ts";

/** The maximum number of entries of a store unless another number is given. */
export const MAX_ENTRIES = 100_000;

/** Settings of a memory store. */
export interface MemoryStoreOptions {
  /** The maximum number of entries, 1 or more. @default 100000 */
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
export class MemoryStore extends CalledStore {
  readonly #entries: EntryMap;

  /** @throws {StoreError} if `entries` is below 1 */
  constructor({ entries = MAX_ENTRIES, clock = systemClock }: MemoryStoreOptions = {}) {
    super();
    checkNumber(entries, "A number of entries");
    this.#entries = new EntryMap(entries, clock);
  }

  /** The number of entries, including some that have expired. */
  get size(): number {
    return this.#entries.size;
  }

  // deno-lint-ignore require-await -- a mistake rejects here as it does in a store behind a socket
  protected override async call(call: StoreCall): Promise<StoreResult> {
    return this.#entries.call(call);
  }
}

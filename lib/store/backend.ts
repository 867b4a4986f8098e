/**
 * A store that all filters share, as its operator sees it: its keys are those of `namespace.ts`, and it can be
 * iterated, measured and closed.
 *
 * @module
 */

import type { Store } from "./store.ts";

/** What all entries have. Times are in milliseconds, and relative, so that they are valid in another store too. */
interface AnyEntry {
  /** The key, with filter and name, see `keyParts` of `namespace.ts`. */
  readonly key: string;
  /** Its remaining lifetime. */
  readonly life: number;
}

/** An entry of a store, as exported. */
export type StateEntry =
  | AnyEntry & { readonly kind: "text"; readonly text: string }
  /** `age`: the time since it was first seen. */
  | AnyEntry & { readonly kind: "sighting"; readonly age: number }
  /** `level`: how much the bucket held `age` ago. */
  | AnyEntry & { readonly kind: "rate"; readonly level: number; readonly age: number };

/** What is known about a store. */
export interface StateInfo {
  /** Where the entries are. */
  readonly kind: "memory" | "file" | "valkey";
  /** The address, without a password. */
  readonly address: string;
  /** The software that stores them, such as `SQLite 3.51.0` or `Valkey 8.1.1`. */
  readonly software: string;
  /** The number of entries, including some that have expired. */
  readonly entries: number;
  /** How much space they take, in bytes, on disk or in memory; undefined if unknown. */
  readonly bytes?: number | undefined;
}

/** A store that all filters share. */
export interface StateBackend extends Store {
  /**
   * Iterates over the unexpired entries, in no particular order. Entries that are added or removed meanwhile may be
   * missed; all others are returned once.
   *
   * @param prefix only entries whose keys begin with this
   */
  entries(prefix?: string): AsyncIterable<StateEntry>;
  /** Measures the store. */
  info(): Promise<StateInfo>;
  /** Closes the store. */
  close(): Promise<void>;
}

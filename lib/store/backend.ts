/**
 * A store that all filters share, as the programs that run it see it: its keys are those of `namespace.ts`, and it can be
 * looked through, measured and closed.
 *
 * @module
 */

import type { Store } from "./store.ts";

/** What all entries have. Times are in milliseconds, and relative, so that they hold in another store too. */
interface AnyEntry {
  /** The key, with filter and name, see `keyParts` of `namespace.ts`. */
  readonly key: string;
  /** How long it is still kept. */
  readonly life: number;
}

/** An entry of a store, as it is exported. */
export type StateEntry =
  | AnyEntry & { readonly kind: "text"; readonly text: string }
  /** `age`: since it was first seen. */
  | AnyEntry & { readonly kind: "sighting"; readonly age: number }
  /** `level`: how much the bucket held `age` ago. */
  | AnyEntry & { readonly kind: "rate"; readonly level: number; readonly age: number };

/** What is known about a store. */
export interface StateInfo {
  /** Where the entries are. */
  readonly kind: "memory" | "file" | "valkey";
  /** The address, without a password. */
  readonly address: string;
  /** What keeps them, such as `SQLite 3.51.0` or `Valkey 8.1.1`. */
  readonly software: string;
  /** The number of entries, including some whose time is over. */
  readonly entries: number;
  /** How much room they take, in bytes: on disk, or in memory; undefined if unknown. */
  readonly bytes?: number | undefined;
}

/** A store that all filters share. */
export interface StateBackend extends Store {
  /**
   * Goes through the entries whose time is not over, in no particular order; entries that come and go meanwhile may be
   * missed, the others come once.
   *
   * @param prefix only those whose keys begin with this
   */
  entries(prefix?: string): AsyncIterable<StateEntry>;
  /** Measures the store. */
  info(): Promise<StateInfo>;
  /** Lets go of the store. */
  close(): Promise<void>;
}

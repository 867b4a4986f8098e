/**
 * State that outlives a message: what filters remember of senders, clients and recipients, each entry for a time.
 *
 * @module
 */

/** How often something may happen. */
export interface Rate {
  /** How often within `per`, 1 or more. */
  readonly count: number;
  /** The time for `count`, in milliseconds, 1 or more. */
  readonly per: number;
  /** How much may be taken at once after a pause. @default count */
  readonly burst?: number;
}

/** What became of an attempt to take from a rate. */
export interface Taken {
  /** Whether there was enough. If not, nothing was taken. */
  readonly ok: boolean;
  /** How much could be taken right now. */
  readonly left: number;
  /** The milliseconds until there is enough; 0 if `ok`. */
  readonly wait: number;
}

/** Keeps texts by key, each for a time. Every method may be called again before an earlier call has finished. */
export interface Store {
  /** The text of a key; undefined if there is none, or its time is over. */
  get(key: string): Promise<string | undefined>;
  /**
   * Sets the text of a key.
   *
   * @param life how long it is kept, in milliseconds, 1 or more
   */
  set(key: string, value: string, life: number): Promise<void>;
  /** Removes a key. */
  delete(key: string): Promise<void>;
  /**
   * Notes that a key was seen, and for how long it has been known.
   *
   * @param life how long it is kept from now on, in milliseconds, 1 or more
   * @returns the milliseconds since it was first seen; undefined if this is the first time
   */
  seen(key: string, life: number): Promise<number | undefined>;
  /**
   * Takes from what a key may have by a rate: a bucket that holds `burst` and fills by `count` within `per`.
   *
   * @param amount how much to take, 1 or more
   */
  take(key: string, rate: Rate, amount?: number): Promise<Taken>;
}

/** A call of a store that it cannot carry out. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  /** Always `invalid-store-call`. */
  readonly code = "invalid-store-call";
  /** The offending value. */
  readonly value: unknown;

  /**
   * @param value the offending value
   * @param message one line that says what is wrong
   */
  constructor(value: unknown, message: string) {
    super(message);
    this.value = value;
  }
}

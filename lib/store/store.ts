/**
 * State that outlives a message: what filters remember about senders, clients and recipients, each entry for a limited
 * time.
 *
 * @module
 */

/** A rate limit. */
export interface Rate {
  /** How much is allowed within `per`, 1 or more. */
  readonly count: number;
  /** The period, in milliseconds, 1 or more. */
  readonly per: number;
  /** How much can be taken at once after a pause. @default count */
  readonly burst?: number;
}

/** The result of an attempt to take from a rate. */
export interface Taken {
  /** Whether there was enough. If not, nothing was taken. */
  readonly ok: boolean;
  /** How much is left to take right now. */
  readonly left: number;
  /** The milliseconds until there is enough; 0 if `ok`. */
  readonly wait: number;
}

/** The sighting from which a key's lifetime counts: the `last` one, or the `first` one. */
export type LifeFrom = "first" | "last";

/**
 * Keeps entries by key, each for a limited time. Any text can be a key. An entry is a text (`set`), a sighting (`seen`)
 * or a rate (`take`). A key has one entry: a call for another kind is a {@linkcode StoreError}, except that `set`
 * replaces and `delete` removes any entry.
 *
 * Every method may be called before earlier calls have finished. If the store does not answer in time, the call rejects
 * with {@linkcode StoreUnavailableError}.
 */
export interface Store {
  /**
   * Whether the store currently does not answer and the memory of this process replaces it, so that earlier entries are
   * missing. Check it after a call. Undefined for a store that is never away.
   */
  readonly isAway?: boolean | undefined;
  /** Returns the text of a key; undefined if there is none, or it has expired. */
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
   * Records a sighting of a key, and returns for how long the key has been known.
   *
   * @param life how long it is kept, in milliseconds, 1 or more
   * @param from when that time begins: with this call (`last`), so that a key which is seen again in time never
   *   expires, or with the first sighting (`first`), so that it expires whether it is seen again or not. @default last
   * @returns the milliseconds since it was first seen; undefined if this is the first time
   */
  seen(key: string, life: number, from?: LifeFrom): Promise<number | undefined>;
  /**
   * Takes from a key's token bucket, which holds `burst` and fills by `count` within `per`.
   *
   * @param amount how much to take: 1 or more, or 0 to only look. @default 1
   */
  take(key: string, rate: Rate, amount?: number): Promise<Taken>;
}

/** An invalid call of a store. */
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

/** A store that did not answer: a later call may succeed. The failed call may have been executed. */
export class StoreUnavailableError extends Error {
  override readonly name = "StoreUnavailableError";
  /** Always `store-unavailable`. */
  readonly code = "store-unavailable";
  /** The address of the store, without a password. */
  readonly value: string;
  /** Why it did not answer. */
  readonly reason: string;
  /** Whether retrying is pointless: the address, or the configuration of the server, must be changed. */
  readonly lasting: boolean;

  /**
   * @param address the address of the store, without a password
   * @param reason why it did not answer
   * @param lasting whether retrying is pointless
   */
  constructor(address: string, reason: string, lasting: boolean = false) {
    super(`The state at ${address} is unavailable: ${reason}`);
    this.value = address;
    this.reason = reason;
    this.lasting = lasting;
  }
}

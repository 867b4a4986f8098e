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

/** From which sighting of a key its life counts: from the `last` one, or only from the `first`. */
export type LifeFrom = "first" | "last";

/**
 * Keeps entries by key, each for a time. Any text is a key. An entry is a text (`set`), a sighting (`seen`) or a rate
 * (`take`), and a key has one of them: a call for another kind is a {@linkcode StoreError}, except that `set` replaces and
 * `delete` removes whatever is there.
 *
 * Every method may be called again before an earlier call has finished. A store that does not answer in time rejects with
 * {@linkcode StoreUnavailableError}.
 */
export interface Store {
  /**
   * Whether the store does not answer at the moment, and the memory of this process stands in for it: what was known before is
   * missing. Ask after a call. Undefined for a store that is never away.
   */
  readonly isAway?: boolean | undefined;
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
   * @param life how long it is kept, in milliseconds, 1 or more
   * @param from from when that counts: from this call, so that a key which is seen again in time never ends, or from the
   *   first sighting, so that it ends whether it is seen again or not. @default last
   * @returns the milliseconds since it was first seen; undefined if this is the first time
   */
  seen(key: string, life: number, from?: LifeFrom): Promise<number | undefined>;
  /**
   * Takes from what a key may have by a rate: a bucket that holds `burst` and fills by `count` within `per`.
   *
   * @param amount how much to take: 1 or more, or 0 only to look. @default 1
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

/** A store that did not answer: a later call may succeed. What the call was about to do may have been done. */
export class StoreUnavailableError extends Error {
  override readonly name = "StoreUnavailableError";
  /** Always `store-unavailable`. */
  readonly code = "store-unavailable";
  /** The address of the store, without a password. */
  readonly value: string;
  /** Why it did not answer. */
  readonly reason: string;
  /** Whether waiting does not help: the address, or the configuration of the server there, has to change. */
  readonly lasting: boolean;

  /**
   * @param address the address of the store, without a password
   * @param reason why it did not answer
   * @param lasting whether waiting does not help
   */
  constructor(address: string, reason: string, lasting: boolean = false) {
    super(`The state at ${address} is unavailable: ${reason}`);
    this.value = address;
    this.reason = reason;
    this.lasting = lasting;
  }
}

/**
 * What the filter remembers: who waits, who has waited, and who need not wait any more.
 *
 * @module
 */

import type { Store } from "../../lib/store/store.ts";

/** A client counts once in this time, however many messages it sends, in milliseconds. */
const HOUR = 3_600_000;

/** The stores, each with keys of its own. */
export interface Stores {
  /** First attempts that have not been repeated in time yet. */
  readonly waiting: Store;
  /** Senders and recipients whose mail has waited. */
  readonly passed: Store;
  /** How often clients have waited, and that they are trusted. */
  readonly clients: Store;
}

/** Times and counts. */
export interface MemorySettings {
  /** How long mail waits, in milliseconds, 1 or more. */
  readonly delay: number;
  /** How long after the last attempt a next one counts as a retry, in milliseconds, more than `delay`. */
  readonly retryWithin: number;
  /** How long what has passed is remembered after the last mail, in milliseconds, 1 or more. */
  readonly keep: number;
  /** How often a client must have waited before it is trusted; 0 for never. */
  readonly passes: number;
}

/** An attempt to send to a recipient. */
export type Attempt =
  /** The first one: it has to wait. */
  | { readonly outcome: "first"; readonly left: number }
  /** A further one before the time is over. */
  | { readonly outcome: "early"; readonly left: number }
  /** The first one after the time is over. */
  | { readonly outcome: "waited"; readonly waited: number }
  /** Mail like it has waited before. */
  | { readonly outcome: "known" }
  /** The store is away, so it is unknown. */
  | { readonly outcome: "unknown" };

/** Remembers attempts in stores. */
export class Memory {
  readonly #stores: Stores;
  readonly #settings: MemorySettings;

  /**
   * @param stores where
   * @param settings how long
   */
  constructor(stores: Stores, settings: MemorySettings) {
    this.#stores = stores;
    this.#settings = settings;
  }

  /** Whether a client is trusted; if so, its time starts again. */
  async isTrusted(client: string): Promise<boolean> {
    const { clients } = this.#stores;
    const { passes, keep } = this.#settings;
    if (passes === 0) return false;
    const count = Number(await clients.get(client) ?? 0);
    if (count < passes) return false;
    await clients.set(client, String(count), keep);
    return true;
  }

  /**
   * Notes an attempt, and says what it is.
   *
   * @param key identifies the sender and the recipient
   * @throws whatever a store that does not answer throws
   */
  async attempt(key: string): Promise<Attempt> {
    const { waiting, passed } = this.#stores;
    const { delay, retryWithin, keep } = this.#settings;
    const known = await passed.get(key);
    // The replacement in memory starts empty, and each worker has its own: known mail could be put off repeatedly.
    if (passed.isAway) return { outcome: "unknown" };
    if (known !== undefined) {
      await passed.set(key, "", keep);
      return { outcome: "known" };
    }
    const age = await waiting.seen(key, retryWithin);
    if (waiting.isAway) return { outcome: "unknown" };
    if (age === undefined) return { outcome: "first", left: delay };
    if (age < delay) return { outcome: "early", left: delay - age };
    await passed.set(key, "", keep);
    await waiting.delete(key);
    return { outcome: "waited", waited: age };
  }

  /** Notes that mail of a client has waited. Once is enough for an hour: a message can have many recipients. */
  async countWait(client: string): Promise<void> {
    const { clients } = this.#stores;
    const { passes, keep } = this.#settings;
    if (passes === 0 || !(await clients.take(`${client}\nhour`, { count: 1, per: HOUR })).ok) return;
    const count = Number(await clients.get(client) ?? 0);
    await clients.set(client, String(Math.min(passes, count + 1)), keep);
  }
}

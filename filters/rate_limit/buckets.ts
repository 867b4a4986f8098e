/**
 * The buckets of one filter in its store: each key has one for each limit.
 *
 * @module
 */

import type { Store, Taken } from "../../lib/store/store.ts";
import type { Limit } from "./limit.ts";

/** What is counted. */
export type Unit = "messages" | "recipients";

/** How much of one limit is left for a key. */
export interface Level {
  /** The limit. */
  readonly limit: Limit;
  /** How much can be taken right now. */
  readonly left: number;
}

/** The result of an attempt to take one from each bucket of a key. */
export interface Taking {
  /** The limits that were checked, and what is left of them. */
  readonly levels: readonly Level[];
  /** The limit that was exceeded, and the milliseconds until it has room for one; undefined if there was enough. */
  readonly over: { readonly limit: Limit; readonly wait: number } | undefined;
}

/** The buckets of a filter. */
export class Buckets {
  readonly #store: Store;
  readonly #what: string;
  readonly #limits: readonly Limit[];

  /**
   * @param store where they are
   * @param template the text of the filter's key template, so that other keys never share a bucket with these
   * @param unit what is counted
   * @param limits the limits, at least one
   */
  constructor(store: Store, template: string, unit: Unit, limits: readonly Limit[]) {
    this.#store = store;
    this.#what = `${unit} by ${template}`;
    this.#limits = limits;
  }

  /**
   * Takes one from each bucket of a key, or nothing if one of them is empty. With several limits, another process may
   * empty a bucket in between: what was taken from the others then stays taken, so that no key ever gets more than its
   * limits allow.
   */
  async take(key: string): Promise<Taking> {
    const [only, ...others] = this.#limits;
    if (only && others.length === 0) return taking([await this.#takeOne(only, key)]);
    const empty = (await this.levels(key)).find(({ left }) => left < 1);
    if (empty) {
      const taken = await this.#takeOne(empty.limit, key);
      // It may have filled in between, so that there is enough after all.
      if (!taken.ok) return taking([taken]);
      const rest = this.#limits.filter((limit) => limit !== empty.limit);
      return taking([taken, ...await this.#takeAll(rest, key)]);
    }
    return taking(await this.#takeAll(this.#limits, key));
  }

  /** Whether the last counts were made in memory, since the store does not answer. */
  get isAway(): boolean {
    return this.#store.isAway === true;
  }

  /** How much is left of each limit for a key. */
  async levels(key: string): Promise<Level[]> {
    return await Promise.all(this.#limits.map(async (limit) => {
      const { left } = await this.#store.take(this.#name(limit, key), limit.rate, 0);
      return { limit, left };
    }));
  }

  /** Fills the buckets of a key. */
  async reset(key: string): Promise<void> {
    await Promise.all(this.#limits.map((limit) => this.#store.delete(this.#name(limit, key))));
  }

  #takeAll(limits: readonly Limit[], key: string): Promise<TakenOfLimit[]> {
    return Promise.all(limits.map((limit) => this.#takeOne(limit, key)));
  }

  async #takeOne(limit: Limit, key: string): Promise<TakenOfLimit> {
    return { limit, ...await this.#store.take(this.#name(limit, key), limit.rate) };
  }

  /** A limit that is changed begins with full buckets. */
  #name(limit: Limit, key: string): string {
    return `${limit.text} ${this.#what} ${key}`;
  }
}

interface TakenOfLimit extends Taken {
  readonly limit: Limit;
}

function taking(all: readonly TakenOfLimit[]): Taking {
  return { levels: all, over: all.find(({ ok }) => !ok) };
}

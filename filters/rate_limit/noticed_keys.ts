/**
 * Remembers which keys notices were sent about lately.
 *
 * @module
 */

import type { Store } from "../../lib/store/store.ts";
import type { Unit } from "./buckets.ts";

/** The keys that notices were sent about. */
export class NoticedKeys {
  readonly #store: Store;
  readonly #what: string;

  /**
   * @param store where they are
   * @param template the text of the filter's key template
   * @param unit what is counted
   */
  constructor(store: Store, template: string, unit: Unit) {
    this.#store = store;
    this.#what = `${unit} by ${template}`;
  }

  /**
   * Whether no notice was sent about a key for a while. The call itself counts as sending one, for every process with
   * the same store.
   *
   * @param key the key
   * @param time how long a while is, in milliseconds
   */
  async isFirst(key: string, time: number): Promise<boolean> {
    return await this.#store.seen(this.#name(key), time, "first") === undefined;
  }

  /** Forgets a key, so that it is the first one again. */
  async forget(key: string): Promise<void> {
    await this.#store.delete(this.#name(key));
  }

  #name(key: string): string {
    return `${this.#what} ${key}`;
  }
}

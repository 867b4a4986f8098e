/**
 * Stores for filters that only try messages: one message leaves nothing behind for the next.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { memoryStores } from "../../../lib/kit/kit.ts";
import type { LifeFrom, Rate, Store, Taken } from "../../../lib/store/store.ts";
import { systemClock } from "../../../lib/time/clock.ts";

type StoreOf = (filter: string, name: string) => Store;

/** The stores of each message, in memory. */
export class MessageStores {
  /** The stores of the message that is being checked; callbacks run inside its check, across their awaits. */
  readonly #current = new AsyncLocalStorage<StoreOf>();
  /** What is used between messages, as by timers. */
  readonly #others: StoreOf = memoryStores(systemClock);

  /** The store of a filter with a name: the one of the message that calls it. */
  readonly storeOf: StoreOf = (filter, name) =>
    new CurrentStore(() => (this.#current.getStore() ?? this.#others)(filter, name));

  /** Runs the check of a message with stores of its own, which begin empty. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#current.run(memoryStores(systemClock), work);
  }
}

/** Passes each call on to the store of the current message. */
class CurrentStore implements Store {
  readonly #current: () => Store;

  constructor(current: () => Store) {
    this.#current = current;
  }

  get(key: string): Promise<string | undefined> {
    return this.#current().get(key);
  }

  set(key: string, value: string, life: number): Promise<void> {
    return this.#current().set(key, value, life);
  }

  delete(key: string): Promise<void> {
    return this.#current().delete(key);
  }

  seen(key: string, life: number, from?: LifeFrom): Promise<number | undefined> {
    return this.#current().seen(key, life, from);
  }

  take(key: string, rate: Rate, amount?: number): Promise<Taken> {
    return this.#current().take(key, rate, amount);
  }
}

/**
 * Calls of a store as data, so that they can be sent to another process, and several can be executed in one step.
 *
 * @module
 */

import type { LifeFrom, Rate, Store, Taken } from "./store.ts";

/** A call of a store: the name of the method, and its arguments. */
export type StoreCall =
  | readonly ["get", key: string]
  | readonly ["set", key: string, value: string, life: number]
  | readonly ["delete", key: string]
  | readonly ["seen", key: string, life: number, from: LifeFrom]
  | readonly ["take", key: string, rate: Rate, amount: number];

/** What a call returns. */
export type StoreResult = string | number | Taken | undefined;

/** The outcome of a call. */
export type CallOutcome = { readonly result: StoreResult } | { readonly error: Error };

/** Whether a call may change something. */
export function isWrite(call: StoreCall): boolean {
  return !(call[0] === "get" || call[0] === "take" && call[3] === 0);
}

/** Base class that makes a store from a function that executes calls. */
export abstract class CalledStore implements Store {
  /** Executes an unchecked call. Never throws: a mistake is a rejection. */
  protected abstract call(call: StoreCall): Promise<StoreResult>;

  get(key: string): Promise<string | undefined> {
    return this.call(["get", key]) as Promise<string | undefined>;
  }

  set(key: string, value: string, life: number): Promise<void> {
    return this.call(["set", key, value, life]) as Promise<undefined>;
  }

  delete(key: string): Promise<void> {
    return this.call(["delete", key]) as Promise<undefined>;
  }

  seen(key: string, life: number, from: LifeFrom = "last"): Promise<number | undefined> {
    return this.call(["seen", key, life, from]) as Promise<number | undefined>;
  }

  take(key: string, rate: Rate, amount: number = 1): Promise<Taken> {
    return this.call(["take", key, rate, amount]) as Promise<Taken>;
  }
}

/**
 * Executes a call with a store.
 *
 * @returns rejects with `StoreError` if the call is a mistake, and with `StoreUnavailableError` if the store does not
 * answer
 */
export function callStore(store: Store, call: StoreCall): Promise<StoreResult> {
  switch (call[0]) {
    case "get":
      return store.get(call[1]);
    case "set":
      return store.set(call[1], call[2], call[3]) as Promise<undefined>;
    case "delete":
      return store.delete(call[1]) as Promise<undefined>;
    case "seen":
      return store.seen(call[1], call[2], call[3]);
    case "take":
      return store.take(call[1], call[2], call[3]);
  }
}

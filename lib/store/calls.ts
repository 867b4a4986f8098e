/**
 * Calls of a store as data, so that they can travel to another process, and several can be carried out in one step.
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

/** What became of a call. */
export type CallOutcome = { readonly result: StoreResult } | { readonly error: Error };

/** Whether a call may change something. */
export function isWrite(call: StoreCall): boolean {
  return !(call[0] === "get" || call[0] === "take" && call[3] === 0);
}

/** Makes a store of a function that carries out calls. */
export abstract class CalledStore implements Store {
  /** Carries out a call, which was not checked. */
  protected abstract call(call: StoreCall): Promise<StoreResult>;

  async get(key: string): Promise<string | undefined> {
    return await this.call(["get", key]) as string | undefined;
  }

  async set(key: string, value: string, life: number): Promise<void> {
    await this.call(["set", key, value, life]);
  }

  async delete(key: string): Promise<void> {
    await this.call(["delete", key]);
  }

  async seen(key: string, life: number, from: LifeFrom = "last"): Promise<number | undefined> {
    return await this.call(["seen", key, life, from]) as number | undefined;
  }

  async take(key: string, rate: Rate, amount: number = 1): Promise<Taken> {
    return await this.call(["take", key, rate, amount]) as Taken;
  }
}

/**
 * Carries out a call with a store.
 *
 * @throws {StoreError} if the call is a mistake
 * @throws {StoreUnavailableError} if the store does not answer
 */
export async function callStore(store: Store, call: StoreCall): Promise<StoreResult> {
  switch (call[0]) {
    case "get":
      return await store.get(call[1]);
    case "set":
      return void await store.set(call[1], call[2], call[3]);
    case "delete":
      return void await store.delete(call[1]);
    case "seen":
      return await store.seen(call[1], call[2], call[3]);
    case "take":
      return await store.take(call[1], call[2], call[3]);
  }
}

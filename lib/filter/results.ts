/**
 * What filters found out about who sent a message, as data that later filters of the chain can use.
 *
 * @module
 */

import type { AuthResult } from "../auth/authentication_results.ts";

/** The results of authentication for a message so far. */
export interface MessageResults extends Iterable<AuthResult> {
  /** The results of a method, such as `dkim`: one for each signature, in the order in which they were found. */
  of(method: string): readonly AuthResult[];
  /** Whether a method has a certain result: of several, any of them. */
  has(method: string, result: string): boolean;
  /**
   * Adds results. They get into Authentication-Results if a filter of the chain writes that field after this one.
   *
   * @param results what was found
   */
  add(...results: readonly AuthResult[]): void;
}

/** Methods whose results are known from the first recipient on; those of all others only at the end of the message. */
export const EARLY_METHODS: readonly string[] = ["spf", "iprev"];

/** The results of one message. */
export class ResultList implements MessageResults {
  readonly #results: AuthResult[] = [];
  /**
   * The value of the Authentication-Results field that filters of this chain have written so far. The next one that writes
   * puts a field with all results in its place.
   */
  written: string | undefined;
  /** Whether forged fields were removed, which is done once, before a filter of the chain writes. */
  cleaned = false;

  [Symbol.iterator](): Iterator<AuthResult> {
    return this.#results[Symbol.iterator]();
  }

  of(method: string): readonly AuthResult[] {
    return this.#results.filter((each) => each.method === method);
  }

  has(method: string, result: string): boolean {
    return this.#results.some((each) => each.method === method && each.result === result);
  }

  add(...results: readonly AuthResult[]): void {
    this.#results.push(...results);
  }
}

/**
 * What filters found out about who sent a message, as data that later filters of the chain can use.
 *
 * @module
 */

import type { HeaderField } from "../message/header.ts";
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
  /**
   * Announces results that are still being looked up. They are added when they are there.
   *
   * @param results what will be found; if the promise rejects, nothing is added
   */
  expect(results: Promise<readonly AuthResult[]>): void;
  /**
   * Resolves when announced results are there. At the end of a message they always are; wait for it in a callback before, such
   * as `rcpt`. Those of DKIM and DMARC are known only at the end.
   */
  ready(): Promise<void>;
}

/** Methods whose results are known from the first recipient on; those of all others only at the end of the message. */
export const EARLY_METHODS: readonly string[] = ["spf", "iprev"];

/** The results of one message. */
export class ResultList implements MessageResults {
  readonly #results: AuthResult[] = [];
  readonly #expected = new Set<Promise<void>>();
  /**
   * The value of the Authentication-Results field that filters of this chain have written so far. The next one that writes
   * puts a field with all results in its place.
   */
  written: string | undefined;
  /** The fields of other filters of this chain whose results were taken in. */
  readonly taken: WeakSet<HeaderField> = new WeakSet();
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

  expect(results: Promise<readonly AuthResult[]>): void {
    const added: Promise<void> = results.then((list) => this.add(...list), () => {}).then(() => {
      this.#expected.delete(added);
    });
    this.#expected.add(added);
  }

  /** Whether results are still being looked up. */
  get pending(): boolean {
    return this.#expected.size > 0;
  }

  async ready(): Promise<void> {
    await Promise.all(this.#expected);
  }
}

/**
 * The authentication results that filters found for a message, as data that later filters of the chain can use.
 *
 * @module
 */

import type { HeaderField } from "../message/header.ts";
import { type AuthResult, formatAuthResults } from "../auth/authentication_results.ts";

/** The authentication results for a message so far. */
export interface MessageResults extends Iterable<AuthResult> {
  /** The results of a method, such as `dkim`: one for each signature, in the order in which they were found. */
  of(method: string): readonly AuthResult[];
  /** Whether a method has a certain result; if it has several, whether any of them is that one. */
  has(method: string, result: string): boolean;
  /**
   * Adds results. They appear in Authentication-Results if a later filter of the chain writes that field.
   *
   * @param results what was found
   */
  add(...results: readonly AuthResult[]): void;
  /**
   * Announces results that are still being looked up. They are added when they arrive. A filter that announces results
   * must wait for them in its own `eom`, so that later filters have them.
   *
   * @param results what will be found; if the promise rejects, nothing is added
   */
  expect(results: Promise<readonly AuthResult[]>): void;
  /**
   * Resolves when all announced results have arrived. A filter that reads results before the end of a message, such as
   * at `rcpt`, must wait for it. In `eom`, the results of earlier filters are already there. DKIM and DMARC results are
   * known only at the end.
   */
  ready(): Promise<void>;
}

/**
 * Methods whose results are known from the first recipient on; the results of all others are known only at the end of
 * the message.
 */
export const EARLY_METHODS: readonly string[] = ["spf", "iprev"];

/** The results of one message. */
export class ResultList implements MessageResults {
  readonly #results: AuthResult[] = [];
  readonly #expected = new Set<Promise<void>>();
  /** Placeholders for the results of methods whose filter failed. */
  readonly #missed = new Map<string, AuthResult>();
  /**
   * The values of the Authentication-Results fields that filters of this chain wrote from this list. The next filter
   * that writes replaces them with one field that has all results.
   */
  readonly written: Set<string> = new Set();
  /** The fields from elsewhere whose results are in the list. */
  readonly taken: WeakSet<HeaderField> = new WeakSet();

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
    for (const { method } of results) this.#known(method);
    this.#results.push(...results);
  }

  /**
   * Records that the filter that would have provided a method's results failed. Results of another filter, or of a
   * lookup still in progress, replace this record.
   */
  miss(method: string): void {
    if (this.of(method).length > 0) return;
    const missed: AuthResult = { method, result: "temperror", reason: "internal error" };
    this.#missed.set(method, missed);
    this.#results.push(missed);
  }

  #known(method: string): void {
    const missed = this.#missed.get(method);
    if (missed === undefined) return;
    this.#missed.delete(method);
    this.#results.splice(this.#results.indexOf(missed), 1);
  }

  /** Adds those of the given results, read from a field written from this list, that are not in the list yet. */
  addNew(results: readonly AuthResult[]): void {
    const known = new Set(this.#results.map(textOf));
    this.add(...results.filter((result) => !known.has(textOf(result))));
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
    while (this.pending) await Promise.all(this.#expected);
  }
}

/** A result as in the field, but without unnecessary quotation marks. */
function textOf({ properties, ...result }: AuthResult): string {
  const bare = properties?.map(({ ptype, property, value }) => ({ ptype, property, value }));
  return formatAuthResults("x", [{ ...result, properties: bare }]);
}

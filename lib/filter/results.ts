/**
 * What filters found out about who sent a message, as data that later filters of the chain can use.
 *
 * @module
 */

import type { HeaderField } from "../message/header.ts";
import { type AuthResult, formatAuthResults } from "../auth/authentication_results.ts";

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
   * Announces results that are still being looked up. They are added when they are there. A filter that announces results must
   * wait for them in its own `eom`, so that the filters after it have them.
   *
   * @param results what will be found; if the promise rejects, nothing is added
   */
  expect(results: Promise<readonly AuthResult[]>): void;
  /**
   * Resolves when all announced results are there. A filter that reads them before the end of a message, such as at `rcpt`,
   * waits for it. In its `eom`, those of the filters before it are there. DKIM and DMARC are known only at the end.
   */
  ready(): Promise<void>;
}

/** Methods whose results are known from the first recipient on; those of all others only at the end of the message. */
export const EARLY_METHODS: readonly string[] = ["spf", "iprev"];

/** The results of one message. */
export class ResultList implements MessageResults {
  readonly #results: AuthResult[] = [];
  readonly #expected = new Set<Promise<void>>();
  /** What stands for results of methods whose filter failed. */
  readonly #missed = new Map<string, AuthResult>();
  /**
   * The values of the Authentication-Results fields that filters of this chain wrote from this list. The next one that writes
   * puts a field with all results in their place.
   */
  readonly written: Set<string> = new Set();
  /** The fields of others whose results are in the list. */
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
   * Says of a method that a filter failed that would have given its results. What another filter finds, or a lookup still
   * brings, takes the place of that.
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

  /** Adds those of these results that are not in the list, as a field has them that was written from it. */
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

/** A result as a field has it, but without quotation marks that it need not have. */
function textOf({ properties, ...result }: AuthResult): string {
  const bare = properties?.map(({ ptype, property, value }) => ({ ptype, property, value }));
  return formatAuthResults("x", [{ ...result, properties: bare }]);
}

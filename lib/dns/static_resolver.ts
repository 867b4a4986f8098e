/**
 * A resolver with fixed answers.
 *
 * @module
 */
import {
  type DnsAbsent,
  type DnsAnswer,
  type DnsFailure,
  type MxRecord,
  normalizeName,
  type Resolver,
  RESOLVER_CLOSED,
  type TxtAnswer,
} from "./resolver.ts";

/** What is known about one name. */
export interface StaticAnswers {
  /** The answer for TXT records. */
  readonly txt?: TxtAnswer;
  /** The answer for IPv4 addresses. */
  readonly a?: DnsAnswer<string>;
  /** The answer for IPv6 addresses, written as RFC 5952 wants it. */
  readonly aaaa?: DnsAnswer<string>;
  /** The answer for hosts that take mail. */
  readonly mx?: DnsAnswer<MxRecord>;
  /** The answer for names of an address. */
  readonly ptr?: DnsAnswer<string>;
  /** The name whose records this name has too, for all types that are left out. */
  readonly cname?: string;
  /**
   * The answer for all types that are left out.
   * @default {`nodata`}
   */
  readonly others?: DnsAbsent | DnsFailure;
}

/** Seconds. Any value would do: the answers do not change. */
const TTL = 3600;
/** The maximum number of aliases that are followed. */
const MAX_ALIASES = 8;

const NXDOMAIN: DnsAbsent = Object.freeze({ status: "nxdomain", ttl: TTL });
const NODATA: DnsAbsent = Object.freeze({ status: "nodata", ttl: TTL });
const TOO_MANY_ALIASES: DnsFailure = {
  status: "servfail",
  reason: "the name is an alias of an alias too many times",
};

/**
 * Answers from fixed records, without waiting, even where the answer is `timeout`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { StaticResolver } from "../auth.ts";
 *
 * const resolver = new StaticResolver(
 *   new Map([["example.org", { txt: { status: "found", records: ["a text"], ttl: 60 } }]]),
 * );
 * assert.equal((await resolver.resolveTxt("Example.org.")).status, "found");
 * assert.equal((await resolver.resolveA("example.org")).status, "nodata");
 * assert.equal((await resolver.resolveTxt("example.com")).status, "nxdomain");
 * ```
 */
export class StaticResolver implements Resolver {
  readonly #names: ReadonlyMap<string, StaticAnswers>;
  readonly #parents = new Set<string>();
  #closed = false;

  /**
   * Makes a resolver with fixed answers.
   *
   * @param names the answers by name, in lower case and without the final dot. Other names do not exist, but for those with
   * one of these names below them (RFC 8020), which have no records
   */
  constructor(names: ReadonlyMap<string, StaticAnswers>) {
    this.#names = names;
    for (const [name, { others }] of names) {
      if (others?.status === "nxdomain") continue;
      let dot = name.indexOf(".");
      while (dot >= 0) {
        this.#parents.add(name.slice(dot + 1));
        dot = name.indexOf(".", dot + 1);
      }
    }
  }

  resolveTxt(name: string, signal?: AbortSignal): Promise<TxtAnswer> {
    return this.#resolve("txt", name, signal);
  }

  resolveA(name: string, signal?: AbortSignal): Promise<DnsAnswer<string>> {
    return this.#resolve("a", name, signal);
  }

  resolveAaaa(name: string, signal?: AbortSignal): Promise<DnsAnswer<string>> {
    return this.#resolve("aaaa", name, signal);
  }

  resolveMx(name: string, signal?: AbortSignal): Promise<DnsAnswer<MxRecord>> {
    return this.#resolve("mx", name, signal);
  }

  resolvePtr(name: string, signal?: AbortSignal): Promise<DnsAnswer<string>> {
    return this.#resolve("ptr", name, signal);
  }

  close(): void {
    this.#closed = true;
  }

  // deno-lint-ignore require-await -- an invalid name rejects, as in every resolver
  async #resolve<K extends "txt" | "a" | "aaaa" | "mx" | "ptr">(
    type: K,
    given: string,
    signal: AbortSignal | undefined,
  ): Promise<NonNullable<StaticAnswers[K]> | DnsAbsent | DnsFailure> {
    let name = normalizeName(given);
    signal?.throwIfAborted();
    if (this.#closed) return RESOLVER_CLOSED;
    for (let aliases = 0; aliases <= MAX_ALIASES; aliases++) {
      const answers = this.#names.get(name);
      if (answers === undefined) return this.#parents.has(name) ? NODATA : NXDOMAIN;
      const answer = answers[type];
      if (answer !== undefined) return answer;
      if (answers.cname === undefined) return answers.others ?? NODATA;
      name = answers.cname;
    }
    return TOO_MANY_ALIASES;
  }
}

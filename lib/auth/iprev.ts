/**
 * Checks that a name of the client's address resolves back to it (iprev, RFC 8601 section 3).
 *
 * @module
 */
import { parseIp, reverseName } from "../dns/ip_address.ts";
import type { DnsAnswer, Resolver } from "../dns/resolver.ts";
import { type Clock, systemClock } from "../time/clock.ts";
import { Deadline } from "./deadline.ts";
import { leadsTo, queryName } from "./dns_names.ts";
import { lookUpInTime } from "./timed_lookup.ts";
import { wholeNumber } from "./whole_number.ts";

/**
 * RFC 8601 section 2.7.3:
 *
 * - `pass`: a name of the address has that address
 * - `fail`: the address has names, none of which has it
 * - `temperror`: a lookup failed; a later attempt may succeed
 * - `permerror`: the address has no name
 */
export type IprevStatus = "pass" | "fail" | "temperror" | "permerror";

/** The result of {@link checkIprev}. */
export interface IprevResult {
  /** The result. */
  readonly result: IprevStatus;
  /** With `pass`, the name, in lower case without the final dot: printable ASCII that the client's network chose. */
  readonly name?: string | undefined;
  /** Why, in a short clause of the checker's own words. */
  readonly reason: string;
}

/** Settings of {@link checkIprev}. */
export interface CheckIprevOptions {
  /** Looks up the names and addresses. */
  readonly resolver: Resolver;
  /**
   * The maximum number of milliseconds for the check, 1 or more; then it is `temperror`.
   * @default {20000}
   */
  readonly deadline?: number | undefined;
  /** Ends the check: it is `temperror`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * The clock for the deadline.
   * @default {the system's clock}
   */
  readonly clock?: Clock | undefined;
}

/** Further names are ignored: an address can have thousands. */
const MAX_NAMES = 10;

/**
 * Looks up the names of an address, and whether one of the first ten has it. Bad input is a result, never an error.
 *
 * @param client the client's IP address; an IPv4-mapped IPv6 address counts as IPv4
 * @param options where to look up, and limits
 * @throws {RangeError} (as a rejection) if the deadline is not a whole number of at least 1
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkIprev, parseRecordsFile } from "../auth.ts";
 *
 * const resolver = parseRecordsFile(`
 * 1.2.0.192.in-addr.arpa PTR mail.example.org
 * mail.example.org       A 192.0.2.1
 * `);
 * const { result, name } = await checkIprev("192.0.2.1", { resolver });
 * assert.deepEqual([result, name], ["pass", "mail.example.org"]);
 * assert.equal((await checkIprev("192.0.2.9", { resolver })).result, "permerror");
 * ```
 */
export async function checkIprev(client: string, options: CheckIprevOptions): Promise<IprevResult> {
  const { resolver, clock = systemClock, signal } = options;
  const milliseconds = wholeNumber("deadline", options.deadline ?? 20_000, 1);
  const address = parseIp(client);
  if (address === undefined) return { result: "permerror", reason: "the client has no IP address" };
  const deadline = new Deadline(milliseconds, clock, signal);
  const ask: Ask = (type, name) => lookUpInTime(resolver, type, name, deadline);
  try {
    const result = await judge(address, ask);
    if (deadline.reason === undefined || result.result === "pass") return result;
    return { result: "temperror", reason: deadline.reason };
  } finally {
    deadline.end();
  }
}

type Ask = (type: "A" | "AAAA" | "PTR", name: string) => Promise<DnsAnswer<string>>;

async function judge(address: Uint8Array, ask: Ask): Promise<IprevResult> {
  const named = await ask("PTR", reverseName(address));
  if (named.status === "nxdomain" || named.status === "nodata") {
    return { result: "permerror", reason: "the address has no name" };
  }
  if (named.status !== "found") {
    return { result: "temperror", reason: `the lookup of names failed (${named.status})` };
  }
  const names = named.records.slice(0, MAX_NAMES).map(queryName).filter((name) => name !== undefined);
  const type = address.length === 4 ? "A" : "AAAA";
  const answers = await Promise.all(names.map((name) => ask(type, name)));
  const confirmed = names.find((_, i) => leadsTo(answers[i], address));
  if (confirmed !== undefined) {
    return { result: "pass", name: confirmed, reason: "a name of the address has it" };
  }
  const failed = answers.find(({ status }) => !["found", "nxdomain", "nodata"].includes(status));
  if (failed !== undefined) {
    return { result: "temperror", reason: `a lookup of addresses failed (${failed.status})` };
  }
  return { result: "fail", reason: "no name of the address has it" };
}

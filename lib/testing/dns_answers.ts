/**
 * DNS answers for tests.
 *
 * @module
 */

import { parseIp, reverseName } from "../dns/ip_address.ts";
import { bytesOf, RECORD_TYPES, type RecordTypeName, RecordValueError } from "../dns/record_values.ts";
import {
  type DnsAnswer,
  type DnsFailure,
  type MxRecord,
  normalizeName,
  type Resolver,
} from "../dns/resolver.ts";
import { type StaticAnswers, StaticResolver } from "../dns/static_resolver.ts";
import { InvalidSettingError } from "../options/settings.ts";

/** Why a query has no answer. */
export type DnsOutage = "timeout" | "servfail" | "refused" | "malformed" | "network";

/** The records of a name by type, or why a query for the type has no answer. A type that is left out has no records. */
export interface DnsRecords {
  /** IPv4 addresses, such as `192.0.2.1`. */
  readonly A?: readonly string[] | DnsOutage;
  /** IPv6 addresses, such as `2001:db8::1`. */
  readonly AAAA?: readonly string[] | DnsOutage;
  /** Mail servers, such as `10 mx.example.org`. */
  readonly MX?: readonly string[] | DnsOutage;
  /** The names of an address. */
  readonly PTR?: readonly string[] | DnsOutage;
  /** Texts. */
  readonly TXT?: readonly string[] | DnsOutage;
  /** The name that this one is an alias of; excludes all other types. */
  readonly CNAME?: string;
}

const REASONS: Readonly<Record<DnsOutage, string>> = {
  timeout: "no answer came in time",
  servfail: "the name server failed",
  refused: "the name server refused to answer",
  malformed: "the answer is no DNS message",
  network: "the name server cannot be reached",
};

/** Seconds. Any value would do: the answers do not change. */
const TTL = 3600;

/**
 * Makes a resolver with fixed answers for a test, for `make`, `deliver` and `TestSession`. All other names do not
 * exist.
 *
 * @param names records by name, or why queries for the name have no answer. The `PTR` records of an IP address are
 * listed under the address itself
 * @throws {InvalidSettingError} for an invalid name, type or record
 *
 * @example
 * ```ts
 * import { deliver, dnsAnswers } from "../testing.ts";
 * import { defineFilter, reject } from "../../mod.ts";
 *
 * const sendersExist = defineFilter({
 *   name: "senders-exist",
 *   create: (_options, { dns }) => ({
 *     async mail({ address }) {
 *       const domain = address.slice(address.indexOf("@") + 1);
 *       if ((await dns.mx(domain)).length === 0) return reject(550, "5.1.8", "No mail to that domain");
 *     },
 *   }),
 * });
 * const resolver = dnsAnswers({ "example.org": { MX: ["10 mx.example.org"] }, "down.example": "timeout" });
 * (await deliver(sendersExist, { resolver, from: "joe@example.org" })).assertAccepted();
 * (await deliver(sendersExist, { resolver, from: "joe@nowhere.example" })).assertRejected(550);
 * // The lookup throws, and the filter's onError applies.
 * (await deliver(sendersExist, { resolver, from: "joe@down.example" })).assertTempfailed();
 * ```
 */
export function dnsAnswers(names: Readonly<Record<string, DnsRecords | DnsOutage>>): Resolver {
  return new StaticResolver(
    new Map(Object.entries(names).map(([name, records]) => [nameOf(name), answersOf(name, records)])),
  );
}

function nameOf(name: string): string {
  const address = parseIp(name);
  if (address) return reverseName(address);
  try {
    return normalizeName(name);
  } catch {
    return fail(name, name, `${JSON.stringify(name)} is neither a domain name nor an IP address`);
  }
}

function answersOf(name: string, records: DnsRecords | DnsOutage): StaticAnswers {
  if (isOutage(records)) return { others: failureOf(records) };
  if (typeof records !== "object" || records === null) {
    return fail(name, records, `${name} needs records such as { A: ["192.0.2.1"] }, or one of ${OUTAGES}`);
  }
  const { CNAME } = records;
  if (CNAME !== undefined) {
    if (Object.keys(records).length > 1) {
      fail(name, records, `${name} is an alias (CNAME), so it can have no other records`);
    }
    return { cname: recordOf(name, "CNAME", CNAME) as string };
  }
  return Object.fromEntries(
    Object.entries(records).filter(([, value]) => value !== undefined).map(([type, value]) => [
      type.toLowerCase(),
      answerOf(name, type, value),
    ]),
  );
}

const OUTAGES = Object.keys(REASONS).join(", ");

function answerOf(name: string, type: string, value: unknown): DnsAnswer<string | MxRecord> {
  if (!Object.hasOwn(RECORD_TYPES, type)) {
    const types = Object.keys(RECORD_TYPES).join(", ");
    return fail(name, type, `${name} has records of type ${JSON.stringify(type)}; the types are ${types}`);
  }
  if (isOutage(value)) return failureOf(value);
  if (!Array.isArray(value)) {
    return fail(name, value, `${type} of ${name} must be a list of texts, or one of ${OUTAGES}`);
  }
  if (value.length === 0) return { status: "nodata", ttl: TTL };
  return {
    status: "found",
    records: value.map((text) => recordOf(name, type as RecordTypeName, text)),
    ttl: TTL,
  };
}

function recordOf(name: string, type: RecordTypeName, text: unknown): string | MxRecord {
  if (typeof text !== "string") {
    return fail(name, text, `${type} of ${name} holds a ${typeof text}, not a text`);
  }
  try {
    return RECORD_TYPES[type](bytesOf(text));
  } catch (error) {
    if (!(error instanceof RecordValueError)) throw error;
    return fail(name, text, `${type} of ${name}: ${JSON.stringify(text)}: ${error.message}`);
  }
}

function isOutage(value: unknown): value is DnsOutage {
  return typeof value === "string" && Object.hasOwn(REASONS, value);
}

function failureOf(outage: DnsOutage): DnsFailure {
  return { status: outage, reason: REASONS[outage] };
}

function fail(name: string, value: unknown, reason: string): never {
  throw new InvalidSettingError("dnsAnswers", name, value, reason);
}

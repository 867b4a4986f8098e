// Resolvers for tests of SPF, from zones as data.
import { checkSpf, type CheckSpfOptions, type SpfQuery } from "../../../lib/auth/spf/check_spf.ts";
import type { SpfResult } from "../../../lib/auth/spf/results.ts";
import type { DnsAnswer, DnsFailure, MxRecord, Resolver } from "../../../lib/dns/resolver.ts";
import { formatIp, parseIp } from "../../../lib/dns/ip_address.ts";
import { type StaticAnswers, StaticResolver } from "../../../lib/dns/static_resolver.ts";

/**
 * The records of each name by their types. A TXT record is a text or a list of strings. TIMEOUT and SERVFAIL stand for an
 * outage; the type `*` for all others.
 */
export type Zone = Readonly<Record<string, Readonly<Record<string, ZoneValue>>>>;
type ZoneValue = "TIMEOUT" | "SERVFAIL" | readonly (string | readonly (string | number)[])[];

function failure(value: string): DnsFailure {
  return { status: value === "TIMEOUT" ? "timeout" : "servfail", reason: `the zone says ${value}` };
}

function answer<R>(
  value: ZoneValue,
  read: (record: string | readonly (string | number)[]) => R,
): DnsAnswer<R> {
  if (typeof value === "string") return failure(value);
  if (value.length === 0) return { status: "nodata", ttl: 60 };
  return { status: "found", records: value.map(read), ttl: 60 };
}

const name = (text: unknown): string => String(text).toLowerCase().replace(/\.$/, "");
const joined = (record: string | readonly (string | number)[]): string =>
  Buffer.from(typeof record === "string" ? record : record.join(""), "utf8").toString("latin1");
const address = (text: unknown): string => {
  const bytes = parseIp(String(text));
  return bytes === undefined ? String(text) : formatIp(bytes);
};

/** A resolver that knows a zone and nothing else. */
export function zoneResolver(zone: Zone): StaticResolver {
  const names = Object.entries(zone).map(([owner, types]): [string, StaticAnswers] => {
    const answers: Record<string, unknown> = {};
    for (const [type, value] of Object.entries(types)) {
      if (type === "*") answers.others = failure(String(value));
      else if (type === "TXT") answers.txt = answer(value, joined);
      else if (type === "A") answers.a = answer(value, address);
      else if (type === "AAAA") answers.aaaa = answer(value, address);
      else if (type === "PTR") answers.ptr = answer(value, name);
      else if (type === "CNAME") answers.cname = name(value[0]);
      else if (type === "MX") {
        answers.mx = answer(value, ([preference, host]): MxRecord => ({
          preference: Number(preference),
          exchange: name(host),
        }));
      }
    }
    return [name(owner), answers];
  });
  return new StaticResolver(new Map(names));
}

/** A resolver that notes what it is asked: `A mail.example.org`. */
export function notingResolver(zone: Zone): { resolver: Resolver; asked: string[] } {
  const inner = zoneResolver(zone);
  const asked: string[] = [];
  const noted = (type: string, name: string): string => {
    asked.push(`${type} ${name}`);
    return name;
  };
  return {
    asked,
    resolver: {
      resolveTxt: (name, signal) => inner.resolveTxt(noted("TXT", name), signal),
      resolveA: (name, signal) => inner.resolveA(noted("A", name), signal),
      resolveAaaa: (name, signal) => inner.resolveAaaa(noted("AAAA", name), signal),
      resolveMx: (name, signal) => inner.resolveMx(noted("MX", name), signal),
      resolvePtr: (name, signal) => inner.resolvePtr(noted("PTR", name), signal),
      close: () => inner.close(),
    },
  };
}

/** A resolver that never answers, and takes no notice of its signal. */
export const SILENT: Resolver = {
  resolveTxt: () => new Promise(() => {}),
  resolveA: () => new Promise(() => {}),
  resolveAaaa: () => new Promise(() => {}),
  resolveMx: () => new Promise(() => {}),
  resolvePtr: () => new Promise(() => {}),
  close() {},
};

/** Records of `example.org`, and what else there is. */
export function withRecord(record: string, zone: Zone = {}): Zone {
  return { ...zone, "example.org": { ...zone["example.org"], TXT: [record] } };
}

/** Checks joe@example.org from 192.0.2.1, unless told otherwise. */
export function check(
  zone: Zone,
  query: Partial<SpfQuery> = {},
  options: Partial<CheckSpfOptions> = {},
): Promise<SpfResult> {
  const usual = { client: "192.0.2.1", helo: "mail.example.org", mailFrom: "joe@example.org" };
  return checkSpf({ ...usual, ...query }, { resolver: zoneResolver(zone), ...options });
}

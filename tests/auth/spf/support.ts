// Resolvers for tests of SPF, from zones as data.
import type { DnsAnswer, DnsFailure, MxRecord } from "../../../lib/dns/resolver.ts";
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

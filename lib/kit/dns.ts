/**
 * DNS as filters see it: answers are lists, and a query without an answer throws.
 *
 * @module
 */

import { parseIp, reverseName } from "../dns/ip_address.ts";
import { type DnsAnswer, type MxRecord, normalizeName, type Resolver } from "../dns/resolver.ts";
import { DnsLookupError, type FilterDns } from "../filter/filter_kit.ts";

/**
 * Makes the DNS of a filter.
 *
 * @param resolver returns the resolver; called for the first query
 */
export function filterDns(resolver: () => Resolver): FilterDns {
  const ask = async <R>(
    asked: string,
    type: string,
    name: string | undefined,
    lookup: (resolver: Resolver, name: string) => Promise<DnsAnswer<R>>,
  ): Promise<readonly R[]> => {
    if (name === undefined || !isDomainName(name)) return [];
    return listed(asked, type, await lookup(resolver(), name));
  };
  return {
    txt: (name, signal) => ask(name, "TXT", name, (dns, it) => dns.resolveTxt(it, signal)),
    a: (name, signal) => ask(name, "A", name, (dns, it) => dns.resolveA(it, signal)),
    aaaa: (name, signal) => ask(name, "AAAA", name, (dns, it) => dns.resolveAaaa(it, signal)),
    mx: async (name, signal) =>
      byPreference(await ask(name, "MX", name, (dns, it) => dns.resolveMx(it, signal))),
    ptr: (address, signal) => {
      const bytes = parseIp(address);
      return ask(address, "PTR", bytes && reverseName(bytes), (dns, it) => dns.resolvePtr(it, signal));
    },
  };
}

function isDomainName(name: string): boolean {
  try {
    // Only SPF allows a space, which its macros can produce.
    return !normalizeName(name).includes(" ");
  } catch {
    return false;
  }
}

function listed<R>(asked: string, type: string, answer: DnsAnswer<R>): readonly R[] {
  switch (answer.status) {
    case "found":
      return answer.records;
    case "nxdomain":
    case "nodata":
      return [];
    default:
      throw new DnsLookupError(asked, type, answer.status, answer.reason);
  }
}

function byPreference(hosts: readonly MxRecord[]): readonly MxRecord[] {
  return [...hosts].sort((a, b) => a.preference - b.preference);
}

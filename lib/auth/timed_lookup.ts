/**
 * Looks up names before a deadline.
 *
 * @module
 */
import type { DnsAnswer, DnsRecordData, Resolver } from "../dns/resolver.ts";
import type { Deadline } from "./deadline.ts";

/**
 * Looks up a name. If time is up, or the resolver fails, the answer is `network`.
 *
 * @param type which records
 * @param name as `normalizeName` returns it
 */
export async function lookUpInTime<T extends keyof DnsRecordData>(
  resolver: Resolver,
  type: T,
  name: string,
  deadline: Deadline,
): Promise<DnsAnswer<DnsRecordData[T]>> {
  try {
    const cached = resolver.cached?.(type, name);
    if (cached !== undefined) return cached;
    // What `ask` returns is of the type that it was asked for.
    return await deadline.inTime(ask(resolver, type, name, deadline.signal)) as DnsAnswer<DnsRecordData[T]>;
  } catch {
    return { status: "network", reason: "the resolver failed" };
  }
}

function ask(
  resolver: Resolver,
  type: keyof DnsRecordData,
  name: string,
  signal: AbortSignal,
): Promise<DnsAnswer<unknown>> {
  switch (type) {
    case "TXT":
      return resolver.resolveTxt(name, signal);
    case "A":
      return resolver.resolveA(name, signal);
    case "AAAA":
      return resolver.resolveAaaa(name, signal);
    case "MX":
      return resolver.resolveMx(name, signal);
    case "PTR":
      return resolver.resolvePtr(name, signal);
  }
}

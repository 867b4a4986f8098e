// What the DMARC tests share: a resolver that answers from a zone, and remembers what it was asked.
import { normalizeName, type TxtAnswer, type TxtResolver } from "../../../lib/dns/resolver.ts";
import { evaluateDmarc } from "../../../lib/auth/dmarc/evaluation.ts";
import type { DmarcIdentifiers, DmarcResult } from "../../../lib/auth/dmarc/results.ts";

/** The texts of each name, the failure of its lookup, or `exists` for a name with other records. */
export type Zone = Readonly<Record<string, readonly string[] | "timeout" | "servfail" | "exists">>;

/** Answers as a DNS server does: a name that is not listed exists if one below it does. */
export class ZoneResolver implements TxtResolver {
  /** The names that were asked for, in this order. */
  readonly asked: string[] = [];
  readonly #zone: Zone;

  constructor(zone: Zone) {
    this.#zone = zone;
  }

  // deno-lint-ignore require-await -- an invalid name rejects, as in every resolver
  async resolveTxt(given: string): Promise<TxtAnswer> {
    const name = normalizeName(given);
    this.asked.push(name);
    const found = this.#zone[name];
    if (found === "timeout" || found === "servfail") return { status: found, reason: "the zone says so" };
    if (found !== undefined && found !== "exists") return { status: "found", records: found, ttl: 60 };
    const exists = found === "exists" || Object.keys(this.#zone).some((key) => key.endsWith(`.${name}`));
    return { status: exists ? "nodata" : "nxdomain", ttl: 60 };
  }

  close(): void {}
}

/** Evaluates a message with these authors' domains. */
export function evaluate(
  zone: Zone,
  domains: string | readonly string[],
  identifiers: DmarcIdentifiers = {},
): Promise<DmarcResult> {
  return evaluateDmarc({ domains: [domains].flat() }, identifiers, { resolver: new ZoneResolver(zone) });
}

/** A signature that passed. */
export function signed(domain: string): { readonly status: string; readonly domain: string } {
  return { status: "pass", domain };
}

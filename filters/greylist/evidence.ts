/**
 * What is known at the first recipient about who sends a message: the result of SPF, and the client's name.
 *
 * @module
 */

import type { AuthResult } from "../../lib/auth/authentication_results.ts";
import { asciiDomain } from "../../lib/auth/domain_name.ts";
import { checkIprev, type IprevStatus } from "../../lib/auth/iprev.ts";
import { checkSpf } from "../../lib/auth/spf/check_spf.ts";
import type { Resolver } from "../../lib/dns/resolver.ts";
import { parseIp } from "../../lib/dns/ip_address.ts";
import type { MessageContext } from "../../lib/filter/context.ts";
import { unmappedAddress } from "../../lib/options/network.ts";
import type { Clock } from "../../lib/time/clock.ts";

/** The result of SPF for the sender; of the null sender, for HELO (RFC 7208 section 2.4). */
export interface SpfEvidence {
  /** The result, such as `none`. */
  readonly result: string;
  /** The domain that was checked, in lower case ASCII; undefined if there is none. */
  readonly domain?: string | undefined;
}

/** The name of the client. */
export type NameEvidence =
  /** A name of its address resolves back to it. */
  | { readonly status: "named"; readonly name: string }
  /** Its address has no name, or none that resolves back to it. */
  | { readonly status: "unnamed" }
  /** A lookup failed. */
  | { readonly status: "unknown" };

/** What is known about who sends a message. */
export interface Evidence {
  /** The client's IP address. */
  readonly address: string;
  /** SPF. */
  readonly spf: SpfEvidence;
  /** The client's name. */
  readonly client: NameEvidence;
}

/** The context of a message, as far as it is needed here. */
export type EvidenceContext = Pick<
  MessageContext<unknown, unknown>,
  "client" | "helo" | "macro" | "results" | "sender" | "signal"
>;

/** How lookups are made. */
export interface LookupSettings {
  readonly resolver: Resolver;
  readonly clock: Clock;
  /** The maximum number of milliseconds for all of them together. */
  readonly deadline: number;
}

/** The client's IP address, without the zone of an interface; undefined if it has none. */
export function clientAddress({ client }: Pick<EvidenceContext, "client">): string | undefined {
  const address = unmappedAddress((client?.address ?? "").replace(/%.*$/s, ""));
  return parseIp(address) && address;
}

/**
 * Gathers what is known about a message. Results of filters before this one count; what they did not look up is looked up here.
 *
 * @param address the client's IP address
 * @param context the context of the message at MAIL or later
 * @param settings how to look up
 */
export async function gatherEvidence(
  address: string,
  context: EvidenceContext,
  settings: LookupSettings,
): Promise<Evidence> {
  const { helo = "", macro, results, sender, signal } = context;
  const hostname = context.client?.hostname ?? "";
  const isForged = /\(may be forged\)/i.test(macro("_") ?? "");
  const { resolver, clock, deadline } = settings;
  const options = { resolver, clock, deadline, signal };
  // Only <> is the null sender, for which HELO counts, not <@a.example:>, which leaves no mailbox either.
  const mailFrom = sender?.mailbox || (sender?.address ?? "");
  await results.ready();
  const spf = spfBefore(results.of("spf"), mailFrom === "");
  const client = nameBefore(results.of("iprev")) ?? nameOfMta(hostname, isForged);
  const [ownSpf, ownName] = await Promise.all([
    spf ?? checkSpf({ client: address, helo, mailFrom }, { ...options, explain: false }),
    client ?? checkIprev(address, options).then(({ result, name }) => nameEvidence(result, name)),
  ]);
  return { address, spf: { result: ownSpf.result, domain: ownSpf.domain }, client: ownName };
}

/** The result of SPF that an earlier filter found for the sender. HELO's counts only for the null sender. */
function spfBefore(results: readonly AuthResult[], isNull: boolean): SpfEvidence | undefined {
  const wanted = isNull ? "helo" : "mailfrom";
  for (const { result, properties = [] } of results) {
    const { value } = properties.find(({ ptype, property }) => ptype === "smtp" && property === wanted) ?? {};
    const domain = value === undefined ? undefined : asciiDomain(value.slice(value.lastIndexOf("@") + 1));
    if (domain !== undefined) return { result, domain };
  }
  return undefined;
}

/** The name that an earlier filter found, which it reports in a comment. */
function nameBefore(results: readonly AuthResult[]): NameEvidence | undefined {
  const [found] = results;
  if (found === undefined) return undefined;
  const name = asciiDomain(found.comment ?? "");
  if (found.result === "pass" && name === undefined) return undefined;
  return nameEvidence(found.result as IprevStatus, name);
}

function nameEvidence(result: IprevStatus, name: string | undefined): NameEvidence {
  if (result === "pass") return name === undefined ? { status: "unknown" } : { status: "named", name };
  return { status: result === "temperror" ? "unknown" : "unnamed" };
}

/**
 * The name that the MTA has confirmed. Without one, Postfix says `unknown` and Sendmail the address in brackets; both say so,
 * too, if a lookup failed or the MTA makes none (`smtpd_peername_lookup`), so that it proves nothing. A name that does not lead
 * back is marked by Sendmail in its macro `_`.
 */
function nameOfMta(hostname: string, isForged: boolean): NameEvidence | undefined {
  const name = asciiDomain(hostname);
  if (isForged || name === undefined || !name.includes(".") || parseIp(name)) return undefined;
  return { status: "named", name: name.replace(/\.$/, "") };
}

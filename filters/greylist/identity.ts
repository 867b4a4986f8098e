/**
 * The identity under which mail is remembered, so that a retry from another address of the same sender is recognized,
 * and so is the next message with a similar sender address.
 *
 * @module
 */

import { formatIp, parseIp } from "../../lib/dns/ip_address.ts";
import { looksDynamic } from "./dynamic_name.ts";
import type { Evidence } from "./evidence.ts";

/** The lengths of the prefixes of networks whose addresses count as one client. */
export interface Prefixes {
  /** Of IPv4, 0 to 32. */
  readonly ipv4: number;
  /** Of IPv6, 0 to 128. */
  readonly ipv6: number;
}

/**
 * Who is trusted after a while: the domain for which SPF passes, otherwise the client's network. Large providers send
 * each attempt from another address; all addresses that their domain permits count as one sender.
 *
 * @param evidence what is known
 * @param prefixes the sizes of networks
 * @param isNull whether the sender is the null sender
 */
export function trustedIdentity({ spf, address }: Evidence, prefixes: Prefixes, isNull: boolean): string {
  if (spf.result === "pass" && spf.domain !== undefined) {
    // HELO names one host of a pool.
    return isNull ? hostGroup(spf.domain) : spf.domain;
  }
  return networkOf(address, prefixes);
}

/**
 * Who may try again: as {@linkcode trustedIdentity}, but if SPF does not pass, clients whose names are in the same domain are
 * one as well. That is for a single sender and recipient; customers of one provider can have such names, so it is not enough
 * to trust them all.
 */
export function retryIdentity(evidence: Evidence, prefixes: Prefixes, isNull: boolean): string {
  const { client, spf, address } = evidence;
  if (spf.result === "pass" || client.status !== "named" || looksDynamic(client.name, address)) {
    return trustedIdentity(evidence, prefixes, isNull);
  }
  return hostGroup(client.name);
}

/** The network of an address, such as `192.0.2.0/24`. */
export function networkOf(address: string, { ipv4, ipv6 }: Prefixes): string {
  const bytes = parseIp(address);
  if (bytes === undefined) return address;
  const length = bytes.length === 4 ? ipv4 : ipv6;
  const first = bytes.map((byte, i) => byte & 0xff00 >> Math.min(Math.max(length - i * 8, 0), 8));
  return `${formatIp(first)}/${length}`;
}

/**
 * The domain that a host is in: its name without the first label. A name of three labels stays whole where the other two may
 * be a registry's (`example.co.uk`), and so does one of two.
 */
export function hostGroup(name: string): string {
  const labels = name.toLowerCase().split(".");
  const [, second = "", top = ""] = labels;
  const isRegistry = labels.length === 3 && top.length === 2 && second.length <= 3;
  return labels.length < 3 || isRegistry ? labels.join(".") : labels.slice(1).join(".");
}

/**
 * The part of a sender's address that stays the same from message to message. Mailing lists and senders of newsletters put
 * numbers into it (VERP), forwarders a hash and a day (SRS), and others a tag that proves a bounce (BATV).
 *
 * @param address the address, empty for the null sender
 */
export function stableSender(address: string): string {
  const lower = address.toLowerCase();
  const at = lower.lastIndexOf("@");
  if (at < 0) return lower;
  const local = lower.slice(0, at);
  const domain = lower.slice(at);
  if (/^srs[01][=+-]/.test(local)) return `srs${domain}`;
  const [, user = local] = /^prvs=[^=]*=(.+)$/.exec(local) ?? [];
  return user.replace(/[0-9a-z]*[0-9][0-9a-z]*/g, "#") + domain;
}

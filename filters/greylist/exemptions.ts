/**
 * What is never put off.
 *
 * @module
 */

import type { MessageContext } from "../../lib/filter/context.ts";
import type { DomainPattern } from "../../lib/options/domain_pattern.ts";
import { coversNetwork, type Network, parseNetwork } from "../../lib/options/network.ts";

/** This machine, and private networks (RFC 1918, 3927, 4193, 4291): programs there often cannot retry. */
const INSIDE: readonly Network[] = [
  ...["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"],
  ...["::1", "fc00::/7", "fe80::/10"],
].map(parseNetwork);

/** The contacts for reporting mail problems (RFC 5321 section 4.5.1, RFC 2142). */
const CONTACTS: readonly string[] = ["postmaster", "abuse"];

/**
 * Why mail of an SMTP session is never put off, in a few words; undefined if it can be.
 *
 * @param address the client's IP address; undefined if it has none
 * @param context the context of the message
 */
export function exemptSession(
  address: string | undefined,
  { macro }: Pick<MessageContext<unknown, unknown>, "macro">,
): string | undefined {
  if (address === undefined || INSIDE.some((network) => network.has(address))) return "inside";
  // Sendmail sends an unset macro as an empty one.
  return (macro("auth_authen") ?? "") === "" ? undefined : "authenticated sender";
}

/** Whether no client in these networks is ever put off. */
export function areInside(networks: readonly Network[]): boolean {
  return networks.every((network) => INSIDE.some((inside) => coversNetwork(inside, network)));
}

/** Whether mail to a recipient is never put off. */
export function exemptRecipient(recipient: string): boolean {
  const at = recipient.lastIndexOf("@");
  return CONTACTS.includes((at < 0 ? recipient : recipient.slice(0, at)).toLowerCase());
}

/**
 * Whether a name is one of these domains, or in one.
 *
 * @param name in lower case ASCII
 * @param domains the domains; those with a leading dot stand only for the names below them
 */
export function inDomain(name: string, domains: readonly DomainPattern[]): boolean {
  const labels = name.split(".");
  return labels.some((_, i) => {
    const above = labels.slice(i).join(".");
    return domains.some((domain) => domain.has(above));
  });
}

/**
 * Decides which messages are not checked.
 *
 * @module
 */
import type { MessageContext } from "../../lib/filter/context.ts";
import type { DomainPattern, Network } from "../../lib/options/options.ts";
import type { Authors } from "../../lib/auth/author.ts";

/** The clients, senders and authors whose messages are not checked. */
export interface ExemptionRules {
  readonly networks: readonly Network[];
  readonly authenticated: boolean;
  readonly domains: readonly DomainPattern[];
}

/** Why a message is not checked because of its client, in a few words for a comment; undefined if it is checked. */
export function clientExemption(
  { networks, authenticated }: ExemptionRules,
  { client, macro }: Pick<MessageContext<unknown, unknown>, "client" | "macro">,
): string | undefined {
  if (networks.some((network) => network.has(client?.address ?? ""))) return "trusted network";
  // Sendmail sends an unset macro as an empty one.
  return authenticated && (macro("auth_authen") ?? "") !== "" ? "authenticated sender" : undefined;
}

/** Why a message is not checked because of its authors, all of whom must be exempt; undefined if it is checked. */
export function authorExemption(
  { domains }: ExemptionRules,
  authors: Authors,
): string | undefined {
  const exempt = (author: string) => domains.some((domain) => domain.has(author));
  if ("problem" in authors) return undefined;
  return authors.domains.every(exempt) ? "exempt domain" : undefined;
}

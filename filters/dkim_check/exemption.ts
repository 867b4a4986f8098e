/**
 * Messages that are not checked.
 *
 * @module
 */
import type { MessageContext } from "../../lib/filter/context.ts";
import type { Network } from "../../lib/options/options.ts";
import type { Authors } from "../../lib/auth/author.ts";

/** Whose messages are not checked. */
export interface ExemptionRules {
  readonly networks: readonly Network[];
  readonly authenticated: boolean;
  /** In lower case ASCII; one with a leading dot stands for all domains below it. */
  readonly domains: readonly string[];
}

/** Why a message is not checked, in a few words for a comment; undefined if it is. Known once its sender is. */
export function clientExemption(
  { networks, authenticated }: ExemptionRules,
  { client, macro }: Pick<MessageContext<unknown, unknown>, "client" | "macro">,
): string | undefined {
  if (networks.some((network) => network.has(client?.address ?? ""))) return "trusted network";
  // Sendmail gives a macro that is not set as an empty one.
  return authenticated && (macro("auth_authen") ?? "") !== "" ? "authenticated sender" : undefined;
}

/** The same for its authors; known once its header is. All of them must be exempt. */
export function authorExemption(
  { domains }: ExemptionRules,
  authors: Authors,
): string | undefined {
  const exempt = (author: string) =>
    domains.some((domain) => domain.startsWith(".") ? author.endsWith(domain) : author === domain);
  if ("problem" in authors) return undefined;
  return authors.domains.every(exempt) ? "exempt domain" : undefined;
}

/**
 * Checks that the login or the envelope sender fits the author: otherwise anybody who may send mail would get any domain's
 * signature.
 *
 * @module
 */
import { isSameOrBelow } from "../../lib/auth/domain_name.ts";
import { type Unsigned, unsigned } from "./reasons.ts";
import { asciiName } from "./keys/names.ts";

/** Which of the two must fit. */
export type MatchSender = "login" | "envelope" | "either";

/** Who sent a message, as far as it is known. */
export interface SenderNames {
  /** The login; undefined if the client did not log in. */
  readonly login: string | undefined;
  /** The envelope sender, empty for the null sender. */
  readonly envelope: string;
}

/**
 * Compares the domains of the login and of the envelope sender with the author's.
 *
 * @param match which of them must fit; undefined: none
 * @param author the author's domain, in lower case ASCII
 * @param below the domain that signs, if its subdomains fit each other; else undefined
 * @param names the login and the envelope sender
 * @returns why the message is not signed; undefined if they fit
 */
export function refuseMismatch(
  match: MatchSender | undefined,
  author: string,
  below: string | undefined,
  { login, envelope }: SenderNames,
): Unsigned | undefined {
  if (match === undefined) return undefined;
  const fits = (address: string | undefined) => {
    const domain = domainOf(address ?? "");
    if (domain === undefined) return false;
    return domain === author || (below !== undefined && isSameOrBelow(domain, below));
  };
  if (match !== "envelope" && fits(login)) return undefined;
  if (match !== "login" && fits(envelope)) return undefined;
  const what = [
    ...(match === "envelope" ? [] : [login === undefined ? "no login" : `login ${login}`]),
    ...(match === "login" ? [] : [`envelope sender <${envelope}>`]),
  ];
  return unsigned("mismatch", `${what.join(" and ")}, but From is of ${author}`);
}

function domainOf(address: string): string | undefined {
  const at = address.lastIndexOf("@");
  return at < 0 ? undefined : asciiName(address.slice(at + 1));
}

/**
 * Determines whether an identifier is aligned with the author's domain (RFC 9989 sections 3.2.10 and 4.10.2).
 *
 * @module
 */
import { asciiDomain, isSameOrBelow } from "../domain_name.ts";
import type { DmarcAlignmentMode } from "./record.ts";
import type { DmarcIdentifierCheck } from "./results.ts";
import { type DmarcTreeWalker, type DmarcWalk, possibleOrganizationalDomains } from "./tree_walk.ts";

/** A check with the walk that it needed, if any. */
export interface WalkedCheck extends DmarcIdentifierCheck {
  readonly walk: DmarcWalk | undefined;
}

/** An identifier whose alignment is checked. */
export interface Identifier {
  readonly method: "spf" | "dkim";
  readonly result: string;
  readonly domain: string | undefined;
}

/** Judges one identifier. It is walked from only if it lies below an organizational domain that the author may have. */
export async function checkIdentifier(
  { method, result, domain: given }: Identifier,
  mode: DmarcAlignmentMode,
  author: DmarcWalk,
  walker: DmarcTreeWalker,
): Promise<WalkedCheck> {
  const domain = given === undefined ? undefined : comparableDomain(given);
  const outcome = (state: DmarcIdentifierCheck["state"], reason: string, walk?: DmarcWalk): WalkedCheck => ({
    method,
    result,
    domain,
    state,
    reason,
    walk,
  });
  const open = result === "temperror";
  if (result !== "pass" && !open) return outcome("not-passed", "it did not pass");
  if (given === undefined && open) return outcome("unknown", "whether and for whom it passes is not known");
  if (domain === undefined) return outcome("not-aligned", "it names no valid domain");
  const aligned = (reason: string, walk?: DmarcWalk) =>
    open
      ? outcome("unknown", `whether it passes is not known, and ${reason}`, walk)
      : outcome("aligned", reason, walk);
  if (domain === author.domain) return aligned("it is the author's domain");
  if (mode === "s") {
    return outcome("not-aligned", `a${method}=s wants the author's domain, ${author.domain}`);
  }
  const possible = possibleOrganizationalDomains(author);
  if (!possible.some((parent) => isSameOrBelow(domain, parent))) {
    return outcome("not-aligned", `it is not within the organizational domain ${possible.join(" or ")}`);
  }
  const walk = await walker.walk(domain);
  if (author.organizationalDomain === undefined || walk.organizationalDomain === undefined) {
    return outcome("unknown", "its alignment is not known, since a lookup failed", walk);
  }
  return walk.organizationalDomain === author.organizationalDomain
    ? aligned(`it has the author's organizational domain, ${author.organizationalDomain}`, walk)
    : outcome("not-aligned", `its organizational domain is ${walk.organizationalDomain}`, walk);
}

/** The domain in lower case ASCII without the final dot; undefined if it is not a domain name. */
export function comparableDomain(text: string): string | undefined {
  return asciiDomain(text.endsWith(".") ? text.slice(0, -1) : text);
}

/**
 * Says why a domain is aligned with an author's or not.
 *
 * @module
 */

import type { DmarcAlignmentMode } from "../../../lib/auth/dmarc/record.ts";
import type { DmarcIdentifierCheck } from "../../../lib/auth/dmarc/results.ts";

/** The author's domain. */
export interface Author {
  readonly domain: string;
  readonly organizationalDomain: string | undefined;
}

/**
 * Compares a domain with the author's (RFC 9989 section 4.4).
 *
 * @param check the domain, and how it was checked
 * @param mode whether it must be the same domain (`s`), or only have the same organizational domain (`r`)
 * @param author the author's domain
 * @param organizational its own organizational domain, if it is known
 */
export function alignmentWords(
  { method, domain }: DmarcIdentifierCheck,
  mode: DmarcAlignmentMode,
  author: Author,
  organizational: string | undefined,
): { readonly aligned?: boolean; readonly why: string } {
  if (domain === undefined) return { aligned: false, why: "it names no valid domain" };
  const it = method === "dkim" ? `d=${domain}` : domain;
  if (domain === author.domain) return { aligned: true, why: `${it} is aligned: it is the author's domain` };
  if (mode === "s") {
    return {
      aligned: false,
      why:
        `${it} is not aligned with ${author.domain}: the record says a${method}=s, so only ${author.domain} ` +
        "itself is",
    };
  }
  if (organizational === undefined || author.organizationalDomain === undefined) {
    return { why: `whether ${it} is aligned with ${author.domain} is not known, since a lookup failed` };
  }
  return organizational === author.organizationalDomain
    ? {
      aligned: true,
      why: `${it} is aligned with ${author.domain}: both have the organizational domain ${organizational}`,
    }
    : {
      aligned: false,
      why:
        `${it} is not aligned with ${author.domain}: their organizational domains differ, ${organizational} and ` +
        author.organizationalDomain,
    };
}

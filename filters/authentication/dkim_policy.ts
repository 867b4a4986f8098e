/**
 * Finds what is wrong with the signatures of a message.
 *
 * @module
 */
import type { Authors } from "../../lib/auth/author.ts";
import { isSameOrBelow } from "../../lib/auth/domain_name.ts";
import type { DkimResult } from "../../lib/auth/dkim/results.ts";
import type { RefusalReply } from "./actions.ts";

/** What can be wrong with a message. */
export type DkimFault = "fail" | "none" | "no-key" | "dns-error" | "error";

/** What is wrong with a message, and how to say so. */
export interface Judgement extends RefusalReply {
  readonly fault: DkimFault;
}

/** The message could not be checked because of an error in this program. */
export const INTERNAL_ERROR: Judgement = {
  fault: "error",
  subject: "7.0",
  text: "The message could not be checked",
};

/**
 * Finds what is wrong with a message; undefined if a signature that counts has passed.
 *
 * If several things are wrong, a failed key lookup comes first, since a later attempt may pass; a missing key counts only if
 * no signature has any other fault. Signatures that RFC 6376 says to ignore (`neutral`) count as if they were not there.
 *
 * @param results the results of the verifier
 * @param authors the authors, if each of their domains must have a signature, so that none counts if they are unknown;
 * undefined if any signature counts
 */
export function judge(
  results: readonly DkimResult[],
  authors: Authors | undefined,
): Judgement | undefined {
  if (authors === undefined) return judgeSome(results);
  if ("problem" in authors) return results.length === 0 ? judgeSome(results) : notMatched(authors.problem);
  const unsigned = authors.domains.find((author) => !results.some((result) => passedFor(result, author)));
  if (unsigned === undefined) return undefined;
  if (results.length === 0) return judgeSome(results);
  const related = results.filter((result) => isRelated(result, unsigned));
  return related.length > 0 ? judgeSome(related) : notMatched(`From names ${unsigned}`);
}

function notMatched(why: string): Judgement {
  return { fault: "fail", subject: "7.22", text: `No valid author-matched DKIM signature found (${why})` };
}

function judgeSome(results: readonly DkimResult[]): Judgement | undefined {
  if (results.some(({ status }) => status === "pass")) return undefined;
  const counted = results.filter(({ status }) => status !== "neutral");
  const temporary = counted.find(({ status }) => status === "temperror");
  if (temporary) return judgement("dns-error", temporary);
  const [first] = counted;
  if (first === undefined) return { fault: "none", subject: "7.20", text: NO_PASSING };
  if (counted.every(({ keyAbsent }) => keyAbsent)) return judgement("no-key", first);
  const refused = counted.find(({ status }) => status === "policy");
  if (refused) return { ...judgement("fail", refused, NO_ACCEPTABLE), subject: "7.21" };
  return judgement("fail", counted.find(({ status }) => status === "fail") ?? first);
}

const NO_PASSING = "No passing DKIM signature found";
const NO_ACCEPTABLE = "No acceptable DKIM signature found";

function judgement(fault: DkimFault, result: DkimResult, what: string = NO_PASSING): Judgement {
  const whose = result.domain === undefined ? "" : `${result.domain}: `;
  return { fault, subject: "7.20", text: `${what} (${whose}${result.reason})` };
}

function passedFor(result: DkimResult, author: string): boolean {
  return result.status === "pass" && isRelated(result, author);
}

/**
 * Whether a signature's domain is that of an author, or one is a subdomain of the other. This is nearly DMARC's relaxed
 * alignment, without its list of public suffixes, which would require that both have the same organizational domain. A name
 * of one label is nobody's mail domain.
 */
function isRelated({ domain }: DkimResult, author: string): boolean {
  if (domain === undefined || !domain.includes(".")) return false;
  return isSameOrBelow(author, domain) || isSameOrBelow(domain, author);
}

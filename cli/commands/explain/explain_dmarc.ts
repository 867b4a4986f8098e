/**
 * Explains DMARC.
 *
 * @module
 */

import type { Authors } from "../../../lib/auth/author.ts";
import { DmarcEvaluation } from "../../../lib/auth/dmarc/evaluation.ts";
import { type DmarcRecord, parseDmarcRecord } from "../../../lib/auth/dmarc/record.ts";
import type {
  DmarcAuthorResult,
  DmarcIdentifierCheck,
  DmarcIdentifiers,
  DmarcResult,
} from "../../../lib/auth/dmarc/results.ts";
import { DmarcTreeWalker, type DmarcWalkStep } from "../../../lib/auth/dmarc/tree_walk.ts";
import { alignmentWords } from "./alignment_words.ts";
import { type Answers, NotingResolver } from "../../explanation/lookup.ts";

/** A name that was asked on the way up from the author's domain. */
export interface WalkStep {
  /** The name, `_dmarc.` and a domain. */
  readonly name: string;
  readonly outcome: DmarcWalkStep["outcome"];
  /** The outcome in a short clause. */
  readonly detail: string;
  /** The status of the DNS answer; undefined if the name was not asked for. */
  readonly status?: string | undefined;
  /** All TXT records of the name, one character per byte. */
  readonly records: readonly string[];
}

/** A domain that SPF or DKIM is about, compared with the author's. */
export interface IdentifierPart {
  readonly method: DmarcIdentifierCheck["method"];
  readonly result: string;
  readonly domain?: string | undefined;
  readonly organizationalDomain?: string | undefined;
  /** Whether it passed and is aligned; see `DmarcIdentifierCheck`. */
  readonly state: DmarcIdentifierCheck["state"];
  /** Whether its domain is aligned, whether it passed or not; undefined if that is not known. */
  readonly aligned?: boolean | undefined;
  /** Why it is aligned or not, as a sentence without its end. */
  readonly why: string;
}

/** How DMARC came out for one domain of the authors. */
export interface AuthorPart {
  readonly domain: string;
  readonly result: DmarcAuthorResult["result"];
  readonly reason: string;
  readonly walk: readonly WalkStep[];
  readonly organizationalDomain?: string | undefined;
  /** The domain whose record applies. */
  readonly recordDomain?: string | undefined;
  /** Whose record it is: the author's own domain, its organizational domain, or a public suffix. */
  readonly recordOf?: "own" | "organizational" | "psd" | undefined;
  readonly record?: DmarcRecord | undefined;
  /** The policy for mail of this author that fails. */
  readonly policy?: DmarcAuthorResult["policy"];
  /** The tag that it is from. */
  readonly policyTag?: DmarcAuthorResult["policyTag"];
  /** The policy is a step milder than published, since the domain only tests it (t=y). */
  readonly testing: boolean;
  readonly identifiers: readonly IdentifierPart[];
  /** Common mistakes, a sentence each. */
  readonly problems: readonly string[];
}

/** How DMARC came out. */
export interface DmarcPart {
  readonly result: DmarcResult["result"];
  readonly reason: string;
  /** The domain that decides, if there are several. */
  readonly domain?: string | undefined;
  readonly policy?: DmarcResult["policy"];
  readonly authors: readonly AuthorPart[];
}

/**
 * Evaluates DMARC, and says of each step why.
 *
 * @param authors the domains in From
 * @param identifiers the results of SPF and DKIM
 * @param answers where records are looked up
 */
export async function explainDmarc(
  authors: Authors,
  identifiers: DmarcIdentifiers,
  answers: Answers,
): Promise<DmarcPart> {
  const resolver = new NotingResolver(answers);
  const result = await new DmarcEvaluation(authors, { resolver }).finish(identifiers);
  const walker = new DmarcTreeWalker(resolver, undefined);
  const parts: AuthorPart[] = [];
  for (const author of result.authors) {
    const { authorDomain: domain } = author;
    if (domain !== undefined) {
      parts.push(await authorPart({ ...author, domain }, identifiers, walker, resolver));
    }
  }
  return {
    result: result.result,
    reason: result.reason,
    domain: result.authorDomain,
    policy: result.policy,
    authors: parts,
  };
}

async function authorPart(
  author: DmarcAuthorResult & { readonly domain: string },
  identifiers: DmarcIdentifiers,
  walker: DmarcTreeWalker,
  resolver: NotingResolver,
): Promise<AuthorPart> {
  const { domain, record, recordDomain, organizationalDomain } = author;
  const { steps } = await walker.walk(domain);
  const given = author.identifiers.length > 0 ? author.identifiers : unjudged(identifiers);
  const mode = (method: "spf" | "dkim") => record?.[method === "spf" ? "aspf" : "adkim"] ?? "r";
  return {
    domain,
    result: author.result,
    reason: author.reason,
    walk: steps.map(({ name, outcome, detail }) => {
      const { status, records = [] } = resolver.found("TXT", name) ?? {};
      return { name, outcome, detail, status, records };
    }),
    organizationalDomain,
    recordDomain,
    recordOf: recordDomain === undefined
      ? undefined
      : recordDomain === domain
      ? "own"
      : recordDomain === organizationalDomain
      ? "organizational"
      : "psd",
    record,
    policy: author.policy,
    policyTag: author.policyTag,
    testing: author.testing,
    problems: await problemsOf(
      domain,
      record,
      resolver.found("TXT", `_dmarc.${recordDomain}`)?.records,
      resolver,
    ),
    identifiers: await Promise.all(given.map(async (check) => {
      const organizational = check.domain === undefined
        ? undefined
        : (await walker.walk(check.domain)).organizationalDomain;
      const words = alignmentWords(
        check,
        mode(check.method),
        { domain, organizationalDomain },
        organizational,
      );
      const { method, result, domain: own, state } = check;
      return { method, result, domain: own, organizationalDomain: organizational, state, ...words };
    })),
  };
}

/** What administrators often do not notice. */
async function problemsOf(
  domain: string,
  record: DmarcRecord | undefined,
  texts: readonly string[] | undefined,
  resolver: NotingResolver,
): Promise<string[]> {
  if (record !== undefined) {
    const gone = texts?.flatMap((text) =>
      [...text.matchAll(/;\s*(pct|rf|ri)\s*=/gi)].map(([, tag]) => `${tag}=`)
    );
    const tags = [...new Set(gone)];
    return tags.length === 0 ? [] : [`${tags.join(" and ")} in the record means nothing any more (RFC 9989)`];
  }
  const answer = await resolver.resolveTxt(domain);
  const misplaced = answer.status === "found" &&
    answer.records.some((text) => parseDmarcRecord(text).kind !== "foreign");
  return misplaced ? [`${domain} itself has a DMARC record, which counts only at _dmarc.${domain}`] : [];
}

/** Without a record the engine compares nothing; a person wants to know all the same. */
function unjudged({ spf, dkim = [] }: DmarcIdentifiers): DmarcIdentifierCheck[] {
  const check = (
    method: "spf" | "dkim",
    result: string,
    domain: string | undefined,
  ): DmarcIdentifierCheck => ({
    method,
    result,
    domain,
    state: result === "pass" ? "unknown" : "not-passed",
    reason: "",
  });
  return [
    ...(spf === undefined ? [] : [check("spf", spf.result, spf.domain)]),
    ...dkim.map(({ status, domain }) => check("dkim", status, domain)),
  ];
}

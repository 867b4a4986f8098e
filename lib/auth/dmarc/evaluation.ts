/**
 * Evaluates DMARC for a message (RFC 9989), without a public suffix list.
 *
 * @module
 */
import type { TxtResolver } from "../../dns/resolver.ts";
import { authorDomains, type Authors } from "../author.ts";
import { checkIdentifier, comparableDomain, type Identifier, type WalkedCheck } from "./alignment.ts";
import { policyFor, selectRecord } from "./policy.ts";
import type { DmarcAuthorResult, DmarcIdentifiers, DmarcResult } from "./results.ts";
import { DmarcTreeWalker, type DmarcWalk } from "./tree_walk.ts";

/**
 * The maximum number of domains of authors that are evaluated (RFC 9989 section 11.5); a message with more is a
 * `permerror`.
 */
export const MAX_AUTHOR_DOMAINS = 3;

/** Settings of a {@link DmarcEvaluation}. */
export interface DmarcEvaluationOptions {
  /** Looks up the records. The resolver's deadline applies. */
  readonly resolver: TxtResolver;
  /** Aborts the lookups; what is not known by then is a `temperror`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The authors that DMARC is evaluated for (RFC 9989 section 5.3.1).
 *
 * Unlike {@link authorDomains}, this takes a second From field for a problem: DMARC cannot choose between two, and a mail
 * program may show either (CVE-2019-16378).
 *
 * @param values everything after the colon of each From field
 * @param authors what {@link authorDomains} found in them, for those who have it already
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { dmarcAuthors } from "../../auth.ts";
 *
 * const from = new TextEncoder().encode(" Joe <joe@Example.org>");
 * assert.deepEqual(dmarcAuthors([from]), { domains: ["example.org"] });
 * assert.deepEqual(dmarcAuthors([from, from]), { problem: "there are 2 From fields" });
 * ```
 */
export function dmarcAuthors(
  values: readonly Uint8Array[],
  authors: Authors = authorDomains(values.slice(0, 1)),
): Authors {
  return values.length > 1 ? { problem: `there are ${values.length} From fields` } : authors;
}

/**
 * Evaluates DMARC for one message. The lookups for the authors begin at once, so that they overlap the rest of the
 * message: make it when the header is complete, and call {@link finish} when SPF and DKIM are.
 *
 * An ordinary message takes one round trip, or a second one if an identifier is a subdomain of the author's
 * organizational domain, or if it matters whether the author's domain exists. The walk from each domain takes at most 8
 * queries; each name is queried once.
 */
export class DmarcEvaluation {
  readonly #problem: string | undefined;
  readonly #domains: readonly string[];
  readonly #walker: DmarcTreeWalker;

  /**
   * Begins an evaluation.
   *
   * @param authors what {@link dmarcAuthors} found
   * @param options where records are looked up, and until when
   * @throws {TypeError} if a domain of `authors` is not a domain name
   */
  constructor(authors: Authors, options: DmarcEvaluationOptions) {
    this.#walker = new DmarcTreeWalker(options.resolver, options.signal);
    this.#domains = "problem" in authors ? [] : [...new Set(authors.domains.map(checkedDomain))];
    this.#problem = "problem" in authors ? authors.problem : problemOf(this.#domains.length);
    if (this.#problem !== undefined) return;
    // What they reject with, finish rejects with, if it is ever called.
    for (const domain of this.#domains) this.#walker.walk(domain).catch(() => {});
  }

  /**
   * Compares what was authenticated with the authors.
   *
   * With several domains of authors, each is evaluated, and the strictest outcome is that of the message: `fail` with the
   * policy `reject`, `temperror`, other kinds of `fail`, `none`, `pass`. So `pass` means that all of them passed.
   *
   * @param identifiers the results of SPF for MAIL FROM, and of DKIM
   * @returns the result; a failed lookup is a result, not an error
   */
  async finish(identifiers: DmarcIdentifiers): Promise<DmarcResult> {
    if (this.#problem !== undefined) return { ...withoutAuthor(this.#problem), authors: [] };
    const list: Identifier[] = [];
    const { spf, dkim = [] } = identifiers;
    if (spf !== undefined) list.push({ method: "spf", result: spf.result, domain: spf.domain || undefined });
    for (const { status, domain } of dkim) list.push({ method: "dkim", result: status, domain });
    const authors = await Promise.all(this.#domains.map((domain) => this.#evaluate(domain, list)));
    const [decisive, ...others] = authors.toSorted((a, b) => severity(b) - severity(a));
    if (decisive === undefined) return { ...withoutAuthor("From has no address"), authors };
    if (others.length === 0) return { ...decisive, authors };
    const trace = authors.flatMap((author) => author.trace);
    trace.push(`message: ${decisive.result}, since ${decisive.authorDomain} decides`);
    return { ...decisive, queries: authors.flatMap(({ queries }) => queries), trace, authors };
  }

  async #evaluate(domain: string, identifiers: readonly Identifier[]): Promise<DmarcAuthorResult> {
    const walk = await this.#walker.walk(domain);
    const selected = selectRecord(walk);
    if ("result" in selected) return withoutRecord(walk, selected.result, selected.reason);
    const { record } = selected;
    const [applied, checks] = await Promise.all([
      policyFor(domain, selected, this.#walker),
      Promise.all(identifiers.map((identifier) => {
        const mode = identifier.method === "spf" ? record.aspf : record.adkim;
        return checkIdentifier(identifier, mode, walk, this.#walker);
      })),
    ]);
    const { result, reason } = outcomeOf(domain, checks, "problem" in applied ? applied.problem : undefined);
    const policy = "problem" in applied || result === "temperror" ? undefined : applied;
    const isAligned = (method: string) =>
      checks.some((check) => check.method === method && check.state === "aligned");
    return {
      result,
      reason,
      authorDomain: domain,
      organizationalDomain: walk.organizationalDomain,
      recordDomain: selected.domain,
      record,
      policy: policy?.policy,
      policyTag: policy?.tag,
      testing: record.testing,
      aligned: { spf: isAligned("spf"), dkim: isAligned("dkim") },
      identifiers: checks.map(({ method, result, domain, state, reason }) => ({
        method,
        result,
        domain,
        state,
        reason,
      })),
      queries: walk.steps.map(({ name }) => name),
      trace: [
        ...linesOf(walk),
        "problem" in applied ? applied.problem : `policy: ${applied.policy}, ${applied.detail}`,
        ...checks.flatMap((check) => [
          ...(check.walk === undefined ? [] : linesOf(check.walk)),
          `${check.method}=${check.result} for ${
            check.domain ?? "no domain"
          }: ${check.state}, ${check.reason}`,
        ]),
        `${domain}: ${result}, ${reason}`,
      ],
    };
  }
}

/**
 * Evaluates DMARC for a message whose SPF and DKIM are known (RFC 9989). To overlap the lookups with the rest of a message,
 * use {@link DmarcEvaluation}.
 *
 * @param authors what {@link dmarcAuthors} found in From
 * @param identifiers the result of SPF for MAIL FROM, never for HELO, and those of DKIM
 * @param options where records are looked up, and until when
 * @returns the result with its reasons. A failed lookup is a result, not an error: `temperror`
 * @throws {TypeError} (as a rejection) if a domain of `authors` is not a domain name
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { evaluateDmarc, parseRecordsFile } from "../../auth.ts";
 *
 * const resolver = parseRecordsFile('_dmarc.example.org "v=DMARC1; p=reject; sp=quarantine"');
 * const result = await evaluateDmarc({ domains: ["news.example.org"] }, {
 *   spf: { result: "pass", domain: "bounces.example.net" },
 *   dkim: [{ status: "pass", domain: "example.net" }],
 * }, { resolver });
 * assert.deepEqual([result.result, result.policy], ["fail", "quarantine"]);
 * assert.equal(result.recordDomain, "example.org");
 * ```
 */
export async function evaluateDmarc(
  authors: Authors,
  identifiers: DmarcIdentifiers,
  options: DmarcEvaluationOptions,
): Promise<DmarcResult> {
  return await new DmarcEvaluation(authors, options).finish(identifiers);
}

function checkedDomain(domain: string): string {
  const name = comparableDomain(domain);
  if (name === undefined) {
    throw new TypeError(
      `Cannot use ${JSON.stringify(domain)} as an author's domain: it is not a domain name`,
    );
  }
  return name;
}

/** RFC 9989 section 11.5: if domains were left out, a forger could put the displayed one last. */
function problemOf(count: number): string | undefined {
  if (count === 0) return "From has no address";
  return count > MAX_AUTHOR_DOMAINS
    ? `From names ${count} domains, more than ${MAX_AUTHOR_DOMAINS} are not evaluated`
    : undefined;
}

/** RFC 9989 section 5.3.6: with a lookup missing, a message neither passes nor fails, unless something else passes. */
function outcomeOf(
  domain: string,
  checks: readonly WalkedCheck[],
  problem: string | undefined,
): Pick<DmarcAuthorResult, "result" | "reason"> {
  const aligned = checks.find(({ state }) => state === "aligned");
  if (aligned !== undefined) {
    return { result: "pass", reason: `${nameOf(aligned)} passed, and ${aligned.reason}` };
  }
  const unknown = checks.find(({ state }) => state === "unknown");
  if (unknown !== undefined) return { result: "temperror", reason: `${nameOf(unknown)}: ${unknown.reason}` };
  if (problem !== undefined) return { result: "temperror", reason: problem };
  const passed = checks.filter(({ state, result }) => state === "not-aligned" && result === "pass");
  const why = passed.map((check) => `${nameOf(check)}: ${check.reason}`).join("; ");
  return {
    result: "fail",
    reason: passed.length === 0
      ? `neither SPF nor DKIM passed for ${domain}`
      : `nothing that passed is aligned with ${domain}: ${why}`,
  };
}

function nameOf({ method, domain }: Identifier): string {
  return `${method.toUpperCase()} for ${domain ?? "no domain"}`;
}

/** How strict an outcome is, for choosing among several authors. */
function severity({ result, policy }: DmarcAuthorResult): number {
  if (result === "fail") return policy === "reject" ? 5 : policy === "quarantine" ? 3 : 2;
  return result === "temperror" ? 4 : result === "none" ? 1 : 0;
}

function linesOf(walk: DmarcWalk): string[] {
  const lines = walk.steps.map(({ name, detail }) => `${name}: ${detail}`);
  lines.push(`organizational domain of ${walk.domain}: ${walk.organizationalDomain ?? "not known"}`);
  return lines;
}

function withoutRecord(walk: DmarcWalk, result: "none" | "temperror", reason: string): DmarcAuthorResult {
  return {
    ...withoutAuthor(reason),
    result,
    authorDomain: walk.domain,
    organizationalDomain: walk.organizationalDomain,
    queries: walk.steps.map(({ name }) => name),
    trace: [...linesOf(walk), `${walk.domain}: ${result}, ${reason}`],
  };
}

function withoutAuthor(problem: string): DmarcAuthorResult {
  return {
    result: "permerror",
    reason: problem,
    authorDomain: undefined,
    organizationalDomain: undefined,
    recordDomain: undefined,
    record: undefined,
    policy: undefined,
    policyTag: undefined,
    testing: false,
    aligned: { spf: false, dkim: false },
    identifiers: [],
    queries: [],
    trace: [`permerror, ${problem}`],
  };
}

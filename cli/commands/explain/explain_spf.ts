/**
 * Explains SPF and iprev.
 *
 * @module
 */

import { checkIprev, type IprevResult } from "../../../lib/auth/iprev.ts";
import { checkSpf } from "../../../lib/auth/spf/check_spf.ts";
import { isSpfRecord } from "../../../lib/auth/spf/record.ts";
import type { SpfLookupCounts, SpfResult } from "../../../lib/auth/spf/results.ts";
import { spfSenderOf } from "../../../lib/auth/spf/sender.ts";
import type { KnownEnvelope } from "./envelope.ts";
import { type Answers, type Lookup, NotingResolver } from "../../explanation/lookup.ts";
import { costOf, type SpfCost } from "./spf_cost.ts";
import { spfProblems } from "./spf_problems.ts";
import type { SpfRecordNode } from "./spf_nodes.ts";
import { SpfTree } from "./spf_tree.ts";

/** How SPF came out, and why. */
export interface SpfPart {
  /** The result; undefined if there was nothing to check, see `skipped`. */
  readonly result?: SpfResult["result"] | undefined;
  /** Why it was not checked. */
  readonly skipped?: string | undefined;
  readonly identity?: SpfResult["identity"] | undefined;
  readonly domain?: string | undefined;
  readonly reason?: string | undefined;
  /** The mechanism that matched, or the term that is wrong. */
  readonly mechanism?: string | undefined;
  /** The domain whose record has it. */
  readonly recordDomain?: string | undefined;
  /** What the domain says to those whom it does not permit (`exp=`). */
  readonly explanation?: string | undefined;
  readonly lookups?: SpfLookupCounts | undefined;
  /** What was looked up and found, in order. */
  readonly steps: readonly (Lookup | SpfRecordNode)[];
  /** What a client costs that nothing matches, if the domain has a valid record. */
  readonly cost?: SpfCost | undefined;
  /** Common mistakes, a sentence each. */
  readonly problems: readonly string[];
}

/** The names of the client's address. */
export interface IprevPart extends IprevResult {
  readonly lookups: readonly Lookup[];
}

/** The longest wait for the records that are only counted, in milliseconds. */
const COUNT_TIME = 10_000;

/**
 * Checks SPF step by step.
 *
 * @param envelope the client, HELO and MAIL FROM, as far as they are known
 * @param answers where records are looked up
 * @param receiver the name of the host that receives
 */
export async function explainSpf(
  { client, helo, mailFrom }: KnownEnvelope,
  answers: Answers,
  receiver: string,
): Promise<SpfPart> {
  if (mailFrom === undefined && helo === undefined) {
    return { skipped: "neither MAIL FROM nor HELO is known; give --from or --helo", steps: [], problems: [] };
  }
  const resolver = new NotingResolver(answers);
  const identity = mailFrom === undefined ? "helo" : "mailfrom";
  const query = { mailFrom: mailFrom?.value ?? "", helo: helo?.value ?? "", identity } as const;
  const sender = spfSenderOf(identity, query.mailFrom, query.helo);
  const domain = sender.checked;
  if (client === undefined) {
    const steps = domain === undefined ? [] : await lookUpOnly(domain, resolver);
    const skipped = "no client is known; give its address with --client";
    return { skipped, identity: sender.identity, domain, steps, ...await judged(domain, answers, true) };
  }
  const tree = new SpfTree(client.value, (type, name) => resolver.found(type, name));
  const result = await checkSpf({ client: client.value, ...query }, {
    resolver,
    receiver,
    onStep: (step) => tree.add(step),
  });
  tree.finish(result);
  return {
    ...result,
    steps: [...tree.roots, ...tree.afterwards],
    ...await judged(domain, answers, result.result !== "temperror"),
  };
}

/** Without a client there are only records to show. */
async function lookUpOnly(domain: string, resolver: NotingResolver): Promise<(Lookup | SpfRecordNode)[]> {
  const answer = await resolver.resolveTxt(domain);
  const records = answer.status === "found" ? answer.records.filter(isSpfRecord) : [];
  return [
    ...resolver.lookups,
    ...records.map((text) => ({ type: "record" as const, domain, text, terms: [] })),
  ];
}

/** What the record costs, and what is wrong with it. Its lookups are none of the check's own. */
async function judged(
  domain: string | undefined,
  answers: Answers,
  count: boolean,
): Promise<Pick<SpfPart, "cost" | "problems">> {
  if (domain === undefined) return { problems: [] };
  const resolver = new NotingResolver(answers);
  const answer = await resolver.resolveTxt(domain);
  if (answer.status !== "found") return { problems: [] };
  const records = answer.records.filter(isSpfRecord);
  const [text] = records;
  const cost = text === undefined || records.length > 1 || !count
    ? undefined
    : await costOf(text, resolver, AbortSignal.timeout(COUNT_TIME));
  return { cost, problems: spfProblems(domain, answer.records, cost) };
}

/** Looks up the names of the client's address; undefined if no client is known. */
export async function explainIprev(
  { client }: KnownEnvelope,
  answers: Answers,
): Promise<IprevPart | undefined> {
  if (client === undefined) return undefined;
  const resolver = new NotingResolver(answers);
  const result = await checkIprev(client.value, { resolver });
  return { ...result, lookups: resolver.lookups };
}

/**
 * Finds common mistakes in SPF records.
 *
 * @module
 */

import { isSpfRecord, type Mechanism, parseSpfRecord, type SpfRecord } from "../../../lib/auth/spf/record.ts";
import type { SpfCost } from "./spf_cost.ts";

/** The most terms that need DNS (RFC 7208 section 4.6.4). */
export const MAX_TERMS = 10;
/** The most void lookups (RFC 7208 section 4.6.4). */
export const MAX_VOID = 2;
/** The most problems that are named. */
const MAX_PROBLEMS = 10;

/**
 * What is wrong or doubtful with the records of a domain, a sentence each.
 *
 * @param domain the domain
 * @param texts all its TXT records
 * @param cost what its record can cost, if it was counted
 */
export function spfProblems(domain: string, texts: readonly string[], cost: SpfCost | undefined): string[] {
  const problems = allProblems(domain, texts, cost);
  const more = problems.length - MAX_PROBLEMS;
  return more > 0
    ? [...problems.slice(0, MAX_PROBLEMS), `${domain} has ${more} more such problems`]
    : problems;
}

function allProblems(domain: string, texts: readonly string[], cost: SpfCost | undefined): string[] {
  const records = texts.filter(isSpfRecord);
  const problems: string[] = [];
  const odd = texts.find((text) => !isSpfRecord(text) && /^["\s]*v\s*=\s*spf/i.test(text));
  if (odd !== undefined) {
    problems.push(
      `${domain} has a TXT record that looks like SPF and does not count: it must begin with "v=spf1 "`,
    );
  }
  const [text] = records;
  if (text === undefined) return problems;
  if (records.length > 1) {
    problems.push(
      `${domain} has ${records.length} SPF records, and receivers use none of them; merge them into one`,
    );
  }
  const record = parseSpfRecord(text);
  if ("problem" in record) return [...problems, syntaxProblem(domain, record.problem, record.term)];
  if (cost !== undefined && cost.terms > MAX_TERMS) {
    problems.push(
      `${domain} needs ${
        cost.atLeast ? "at least " : ""
      }${cost.terms} terms that look up DNS if nothing matches, ` +
        `and ${MAX_TERMS} are allowed: such mail gets permerror; replace includes with their networks`,
    );
  }
  return [...problems, ...termProblems(domain, record)];
}

function syntaxProblem(domain: string, problem: string, term: string): string {
  const [, address] = /^[-+~?]?(?:a|mx):([0-9.]+)(?:\/|$)/i.exec(term) ?? [];
  const hint = /^[-+~?]?ipv[46]/i.test(term)
    ? "; write ip4: or ip6:"
    : address !== undefined
    ? `; for an address write ip4:${address}`
    : term.includes("%")
    ? "; a macro is %{s}, %{l}, %{o}, %{d}, %{i}, %{p}, %{v} or %{h}, and a plain percent sign is %%"
    : "";
  return `${domain} has an invalid term, ${term}: ${problem}${hint}. The whole record counts as an error`;
}

function termProblems(domain: string, { mechanisms, redirect }: SpfRecord): string[] {
  const problems: string[] = [];
  const all = mechanisms.findIndex(({ kind }) => kind === "all");
  const last = mechanisms[all];
  if (last?.qualifier === "pass") {
    problems.push(
      `${domain} has ${last.text}, which permits every client to use its name; want -all or ~all`,
    );
  }
  if (last?.qualifier === "neutral") {
    problems.push(`${domain} has ${last.text}, which says nothing about clients that are not listed`);
  }
  if (last === undefined && redirect === undefined) {
    problems.push(
      `${domain} has no all, so clients that are not listed are neutral; end the record with -all or ~all`,
    );
  }
  if (last !== undefined && redirect !== undefined) {
    problems.push(`${domain} has redirect= beside ${last.text}, so the redirect never counts`);
  }
  if (last !== undefined && all < mechanisms.length - 1) {
    problems.push(`${domain} has mechanisms after ${last.text}, which are never reached`);
  }
  for (const mechanism of mechanisms) {
    const problem = mechanismProblem(mechanism);
    if (problem !== undefined) problems.push(`${domain} has ${mechanism.text}, ${problem}`);
  }
  return problems;
}

function mechanismProblem({ kind, prefix4, network }: Mechanism): string | undefined {
  if (kind === "ptr") return "which is slow and unreliable; RFC 7208 says not to use ptr";
  if (kind === "ip4" && network !== undefined && prefix4 < 8) {
    return "which permits a large part of the Internet";
  }
  return undefined;
}

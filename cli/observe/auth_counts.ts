/**
 * Counts results of authentication.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type AuthResult, RESULTS_OF_METHODS } from "../../lib/auth/authentication_results.ts";
import { type ResultSummary, resultSummary } from "../log/result_summary.ts";
import { addCounts, addOne } from "./count_map.ts";
import {
  addFailingDomains,
  type FailingDomains,
  FailureCounter,
  noFailingDomains,
} from "./failing_domains.ts";

/** Stands for methods and results that are not in the lists below. */
const OTHER = "other";

/**
 * The methods that are counted by name: those that Milterkit checks, and others that are registered with IANA. A milter may
 * report any word, so the others have one name.
 */
export const AUTH_METHODS: readonly string[] = [
  ...Object.keys(RESULTS_OF_METHODS),
  ...["arc", "auth", "dkim-adsp", "dkim-atps", "dnswl", "domainkeys", "rrvs", "sender-id", "smime", "vbr"],
  OTHER,
];

/** The results that are counted by name. */
export const AUTH_RESULTS: readonly string[] = [
  ...new Set(Object.values(RESULTS_OF_METHODS).flatMap((results) => results ?? [])),
  OTHER,
];

/** The most characters of a domain or a reason to keep. */
const KEPT_TEXT = 255;

/** Counts of results. */
export interface AuthCounts {
  /** By method, and by result; both from fixed lists. */
  results: Record<string, Record<string, number>>;
  /** The domains that fail DMARC. */
  failing: FailingDomains;
}

/** Returns counts of zero. */
export function emptyAuthCounts(): AuthCounts {
  return { results: {}, failing: noFailingDomains() };
}

/**
 * Adds counts to others.
 *
 * @param mostDomains the most domains to keep
 */
export function addAuthCounts(into: AuthCounts, { results, failing }: AuthCounts, mostDomains: number): void {
  for (const [method, counts] of Object.entries(results)) addCounts(into.results[method] ??= {}, counts);
  addFailingDomains(into.failing, failing, mostDomains);
}

/** Counts results in one process. */
export class AuthRecorder {
  #results: AuthCounts["results"] = {};
  readonly #failures = new FailureCounter();

  /** Counts the results of a message. */
  record(results: readonly AuthResult[]): void {
    const all = results.map(resultSummary);
    for (const { method, result } of all) {
      addOne(this.#results[listed(method, AUTH_METHODS)] ??= {}, listed(result, AUTH_RESULTS));
    }
    const failed = all.filter(({ method, result }) => method === "dmarc" && result === "fail");
    // A milter and a filter may both have checked the same domain.
    for (const domain of new Set(failed.map(({ domain }) => domain))) {
      if (domain === undefined) continue;
      const reason = failed.find((each) => each.domain === domain && each.reason !== undefined)?.reason;
      this.#failures.add(kept(domain), {
        count: 1,
        reasons: reason === undefined ? {} : { [kept(reason)]: 1 },
        spf: bestResult(all, "spf"),
        dkim: bestResult(all, "dkim"),
      });
    }
  }

  /** Returns the counts since the last call. */
  take(): AuthCounts {
    const results = this.#results;
    this.#results = {};
    return { results, failing: this.#failures.take() };
  }
}

/** A message may have several results of a method, such as one for each signature: the one that passes counts, or the first. */
function bestResult(all: readonly ResultSummary[], method: string): Record<string, number> {
  const results = all.filter((each) => each.method === method).map(({ result }) => result);
  const [best = results[0]] = results.filter((result) => result === "pass");
  return best === undefined ? {} : { [listed(best, AUTH_RESULTS)]: 1 };
}

/** Cuts a text. Copies it, since a part of a string keeps the whole one in memory, such as a field of the message. */
function kept(text: string): string {
  return Buffer.from(text.slice(0, KEPT_TEXT), "utf8").toString("utf8");
}

function listed(word: string, list: readonly string[]): string {
  return list.includes(word) ? word : OTHER;
}

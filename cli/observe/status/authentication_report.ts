/**
 * Results of authentication, for the status page and its data.
 *
 * @module
 */

import type { AuthCounts } from "../auth_counts.ts";

/** The most domains that the report names. */
const SHOWN_DOMAINS = 10;

/** Results of authentication of the period. */
export interface AuthenticationReport {
  /** By method and result; only what there was. */
  readonly results: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The domains in From that failed DMARC most, the worst first. */
  readonly dmarcFailures: readonly DmarcFailures[];
}

/** Messages with one domain in From that failed DMARC. */
export interface DmarcFailures {
  readonly domain: string;
  /** How many; at least that many if very many domains failed at the same time. */
  readonly messages: number;
  /** The most frequent reason; null if there was none. */
  readonly reason: string | null;
  /** The results of SPF for these messages. */
  readonly spf: Readonly<Record<string, number>>;
  /** The results of DKIM for these messages, one for each: `pass` if any signature passed. */
  readonly dkim: Readonly<Record<string, number>>;
}

/** Returns the report. */
export function authenticationReport({ results, failing }: AuthCounts): AuthenticationReport {
  const worst = Object.entries(failing)
    .sort(([a, { count: countA }], [b, { count: countB }]) => countB - countA || (a < b ? -1 : 1))
    .slice(0, SHOWN_DOMAINS);
  return {
    results,
    dmarcFailures: worst.map(([domain, { count, reasons, spf, dkim }]) => ({
      domain,
      messages: count,
      reason: mostFrequent(reasons) ?? null,
      spf,
      dkim,
    })),
  };
}

function mostFrequent(counts: Readonly<Record<string, number>>): string | undefined {
  return Object.entries(counts).sort((a, b) => b[1] - a[1])[0]?.[0];
}

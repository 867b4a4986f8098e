/**
 * The domains that fail DMARC most: plain data in bounded memory, whatever senders call themselves.
 *
 * @module
 */

import { addCounts } from "./count_map.ts";

/** The most domains in a report. */
export const MAX_DOMAINS = 200;
/** The most reasons to keep for a domain. */
const MAX_REASONS = 2;

/** A domain whose messages failed DMARC. */
export interface FailingDomain {
  /** How many messages failed. */
  count: number;
  /** How often reasons were given. */
  reasons: Record<string, number>;
  /** The results of SPF for these messages, one for each. */
  spf: Record<string, number>;
  /** The results of DKIM for these messages, one for each. */
  dkim: Record<string, number>;
}

/** Domains whose messages failed DMARC, each with its counts. */
export type FailingDomains = Record<string, FailingDomain>;

/** Returns counts of no domain. */
export function noFailingDomains(): FailingDomains {
  // Without a prototype, since senders choose the keys.
  return Object.create(null);
}

/**
 * Adds counts to others. If there are too many domains then, those that failed most are kept.
 *
 * @param most the most domains to keep
 */
export function addFailingDomains(into: FailingDomains, delta: FailingDomains, most: number): void {
  for (const [domain, counts] of Object.entries(delta)) addCountsOf(into[domain] ??= noFailures(), counts);
  keepWorst(into, most);
}

/** Drops all but the domains that failed most. */
export function keepWorst(domains: FailingDomains, most: number): void {
  if (most === Infinity) return;
  const entries = Object.entries(domains);
  if (entries.length <= most) return;
  entries.sort((a, b) => b[1].count - a[1].count);
  for (const [domain] of entries.slice(most)) delete domains[domain];
}

/**
 * Counts the domains of one process until its next report ("space-saving", Metwally et al. 2005). If there are too many
 * domains, a new one replaces the one that can have failed least, and gets in advance what that one can have had. So it is
 * not the next to be dropped, and neither a flood of domains nor those that were there first keep out a domain that goes on
 * failing. One with more than its share of all failures (one in {@linkcode MAX_DOMAINS}) always stays.
 */
export class FailureCounter {
  #domains = new Map<string, { readonly counts: FailingDomain; readonly advance: number }>();

  /** Adds counts of a domain. */
  add(domain: string, counts: FailingDomain): void {
    let known = this.#domains.get(domain);
    if (!known) {
      const advance = this.#domains.size < MAX_DOMAINS ? 0 : this.#dropLeast();
      this.#domains.set(domain, known = { counts: noFailures(), advance });
    }
    addCountsOf(known.counts, counts);
  }

  /** Returns the counts since the last call. */
  take(): FailingDomains {
    const taken = noFailingDomains();
    for (const [domain, { counts }] of this.#domains) taken[domain] = counts;
    this.#domains = new Map();
    return taken;
  }

  /** Drops a domain; returns how often it can have failed. */
  #dropLeast(): number {
    let [least, weight] = ["", Infinity];
    for (const [domain, { counts, advance }] of this.#domains) {
      if (counts.count + advance < weight) [least, weight] = [domain, counts.count + advance];
    }
    this.#domains.delete(least);
    return weight;
  }
}

function noFailures(): FailingDomain {
  return { count: 0, reasons: Object.create(null), spf: {}, dkim: {} };
}

function addCountsOf(into: FailingDomain, { count, reasons, spf, dkim }: FailingDomain): void {
  into.count += count;
  for (const [reason, times] of Object.entries(reasons)) addReason(into.reasons, reason, times);
  addCounts(into.spf, spf);
  addCounts(into.dkim, dkim);
}

/** A new reason replaces the rarest one, and goes on from its count, so that the most frequent one stays. */
function addReason(reasons: Record<string, number>, reason: string, times: number): void {
  const before = reasons[reason];
  const entries = Object.entries(reasons);
  if (before === undefined && entries.length >= MAX_REASONS) {
    const [rarest, count] = entries.reduce((a, b) => b[1] < a[1] ? b : a);
    delete reasons[rarest];
    reasons[reason] = count + times;
  } else {
    reasons[reason] = (before ?? 0) + times;
  }
}

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
  /** How many messages failed, without those before it was dropped, if it was. */
  count: number;
  /** What it got in advance when it was added: as much as a dropped domain may have had. */
  advance: number;
  /** How often reasons were given. */
  reasons: Record<string, number>;
  /** The results of SPF for these messages, one for each. */
  spf: Record<string, number>;
  /** The results of DKIM for these messages, one for each. */
  dkim: Record<string, number>;
}

/** Domains whose messages failed DMARC. */
export interface FailingDomains {
  /** By domain. */
  domains: Record<string, FailingDomain>;
  /** How many messages a domain that is not listed can have had. */
  dropped: number;
}

/** Returns counts of zero. */
export function noFailingDomains(): FailingDomains {
  // Without prototypes, since senders choose the keys.
  return { domains: Object.create(null), dropped: 0 };
}

/**
 * Adds counts to others.
 *
 * @param most the most domains to keep
 */
export function addFailingDomains(into: FailingDomains, delta: FailingDomains, most: number): void {
  for (const [domain, counts] of Object.entries(delta.domains)) addFailingDomain(into, domain, counts, most);
  into.dropped += delta.dropped;
}

/**
 * Adds counts of a domain. If there are too many domains, drops the one that can have failed least. A new one gets in advance
 * what a dropped one may have had ("space-saving", Metwally et al. 2005). So it is not the next to be dropped, and neither a
 * flood of domains nor a few that were there first keep out a domain that goes on failing: one with more than its share of
 * all failures (one in `most`) always stays.
 *
 * @param most the most domains to keep
 */
export function addFailingDomain(
  into: FailingDomains,
  domain: string,
  { count, advance, reasons, spf, dkim }: FailingDomain,
  most: number,
): void {
  const known = into.domains[domain];
  const sum = into.domains[domain] ??= {
    count: 0,
    advance: into.dropped,
    reasons: Object.create(null),
    spf: {},
    dkim: {},
  };
  sum.count += count;
  sum.advance += advance;
  for (const [reason, times] of Object.entries(reasons)) addReason(sum.reasons, reason, times);
  addCounts(sum.spf, spf);
  addCounts(sum.dkim, dkim);
  if (!known && most !== Infinity && Object.keys(into.domains).length > most) dropLeast(into);
}

function dropLeast(from: FailingDomains): void {
  let least: readonly [domain: string, weight: number] | undefined;
  for (const [domain, { count, advance }] of Object.entries(from.domains)) {
    if (least === undefined || count + advance < least[1]) least = [domain, count + advance];
  }
  if (least === undefined) return;
  delete from.domains[least[0]];
  from.dropped = Math.max(from.dropped, least[1]);
}

/** A new reason replaces the rarest one, and goes on from its count: the most frequent one stays. */
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

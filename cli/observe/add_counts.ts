/**
 * Creates empty counts and adds counts up.
 *
 * @module
 */

import { addAuthCounts, emptyAuthCounts } from "./auth_counts.ts";
import { addCounts } from "./count_map.ts";
import { MAX_DOMAINS } from "./failing_domains.ts";
import { addLabels, emptyLabelCounts } from "./label_counts.ts";
import {
  type FilterCounts,
  type Latencies,
  LATENCY_BOUNDS,
  type MailCounts,
  type Refusal,
} from "./mail_counts.ts";

/** The most refusals to keep. */
export const MAX_REFUSALS = 100;

/** Returns counts of zero. */
export function emptyMailCounts(): MailCounts {
  return {
    // Without a prototype, since a filter may be named "constructor".
    filters: Object.create(null),
    outcomes: {},
    time: emptyLatencies(),
    events: {},
    limits: {},
    auth: emptyAuthCounts(),
    labels: emptyLabelCounts(),
    refusals: [],
  };
}

/** Returns counts of zero for a filter. */
export function emptyFilterCounts(dryRun: boolean): FilterCounts {
  return { messages: 0, verdicts: {}, errors: {}, changes: {}, time: emptyLatencies(), dryRun };
}

/** Returns an empty histogram. */
export function emptyLatencies(): Latencies {
  return { count: 0, seconds: 0, buckets: Array<number>(LATENCY_BOUNDS.length + 1).fill(0) };
}

/** Adds one duration to a histogram. */
export function addLatency(latencies: Latencies, seconds: number): void {
  latencies.count++;
  latencies.seconds += seconds;
  const bucket = LATENCY_BOUNDS.filter((bound) => seconds > bound).length;
  latencies.buckets[bucket] = (latencies.buckets[bucket] ?? 0) + 1;
}

/** Adds a histogram to another. */
export function addLatencies(into: Latencies, { count, seconds, buckets }: Latencies): void {
  into.count += count;
  into.seconds += seconds;
  for (const [i, number] of buckets.entries()) into.buckets[i] = (into.buckets[i] ?? 0) + number;
}

/**
 * Adds counts of mail to others.
 *
 * @param mostDomains the most domains that fail DMARC to keep
 */
export function addMailCounts(
  into: MailCounts,
  delta: MailCounts,
  mostDomains: number = MAX_DOMAINS,
): void {
  for (const [name, filter] of Object.entries(delta.filters)) {
    const sum = into.filters[name] ??= emptyFilterCounts(filter.dryRun);
    sum.messages += filter.messages;
    addCounts(sum.verdicts, filter.verdicts);
    addCounts(sum.errors, filter.errors);
    addCounts(sum.changes, filter.changes);
    addLatencies(sum.time, filter.time);
    sum.dryRun = filter.dryRun;
  }
  addCounts(into.outcomes, delta.outcomes);
  addLatencies(into.time, delta.time);
  addCounts(into.events, delta.events);
  addCounts(into.limits, delta.limits);
  addAuthCounts(into.auth, delta.auth, mostDomains);
  addLabels(into.labels, delta.labels);
  keepLast(into.refusals, delta.refusals);
}

/** Appends refusals, and removes the oldest beyond {@linkcode MAX_REFUSALS}. */
export function keepLast(into: Refusal[], refusals: readonly Refusal[]): void {
  into.push(...refusals);
  if (into.length > MAX_REFUSALS) into.splice(0, into.length - MAX_REFUSALS);
}

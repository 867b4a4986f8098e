/**
 * Estimates quantiles from a histogram.
 *
 * @module
 */

import { type Latencies, LATENCY_BOUNDS } from "../mail_counts.ts";

/**
 * Returns the duration that a share of all durations does not exceed, assuming that they are spread evenly within buckets.
 *
 * @param latencies the histogram
 * @param share above 0, at most 1
 * @returns seconds; null if the histogram is empty; at most the last of {@linkcode LATENCY_BOUNDS}
 */
export function quantile(latencies: Pick<Latencies, "buckets">, share: number): number | null {
  const { buckets } = latencies;
  const total = buckets.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const wanted = total * share;
  let below = 0;
  let from = 0;
  for (const [i, bound] of LATENCY_BOUNDS.entries()) {
    const count = buckets[i] ?? 0;
    if (count > 0 && below + count >= wanted) return from + (bound - from) * (wanted - below) / count;
    below += count;
    from = bound;
  }
  return from;
}

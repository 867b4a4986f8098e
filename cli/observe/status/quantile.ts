/**
 * Quantiles of times that are known by bucket only.
 *
 * @module
 */

import { type Latencies, LATENCY_BOUNDS } from "../mail_counts.ts";

/**
 * The time that this share of the times does not exceed, as if they lay evenly within their bucket.
 *
 * @param latencies the times
 * @param share above 0, at most 1
 * @returns seconds; null where there are no times; the last of {@linkcode LATENCY_BOUNDS} for all above it
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

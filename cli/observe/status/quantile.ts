/**
 * Quantiles of times that are known by bucket only.
 *
 * @module
 */

import { type Latencies, LATENCY_BOUNDS } from "../tally.ts";

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
  for (let i = 0; i < LATENCY_BOUNDS.length; i++) {
    const count = buckets[i];
    if (count > 0 && below + count >= wanted) {
      const from = i === 0 ? 0 : LATENCY_BOUNDS[i - 1];
      return from + (LATENCY_BOUNDS[i] - from) * (wanted - below) / count;
    }
    below += count;
  }
  return LATENCY_BOUNDS.at(-1)!;
}

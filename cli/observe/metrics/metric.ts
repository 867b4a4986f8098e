/**
 * How a metric is declared: what Prometheus and the docs are told of it, and where its values come from.
 *
 * @module
 */

import type { Readiness } from "../health.ts";
import type { ReloadCounts, WorkerCounts } from "../monitored_service.ts";
import { type Latencies, LATENCY_BOUNDS } from "../mail_counts.ts";
import type { Totals } from "../totals.ts";

/** What values are made of. */
export interface MetricSource {
  readonly totals: Totals;
  readonly connections: number;
  readonly readiness: Readiness;
  readonly workers: WorkerCounts | undefined;
  readonly reloads: ReloadCounts | undefined;
}

/** One value. */
export interface Sample {
  /** Its name, where it is not its metric's: parts of a histogram have endings. */
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** One metric. What a stranger sends is never a label's value: there would be no end to them. */
export interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** What it is, for Prometheus and for docs/metrics.md. */
  readonly help: string;
  readonly labels: readonly string[];
  /** The values as they are now. */
  values(source: MetricSource): readonly Sample[];
}

/** A metric of one value without labels; no value where it is undefined. */
export function single(
  type: "counter" | "gauge",
  name: string,
  help: string,
  value: (source: MetricSource) => number | undefined,
): Metric {
  return {
    name,
    type,
    help,
    labels: [],
    values(source) {
      const now = value(source);
      return now === undefined ? [] : [{ labels: {}, value: now }];
    },
  };
}

/** A value for each of some counts. */
export function byKey(
  label: string,
  counts: Readonly<Record<string, number>>,
  more: Readonly<Record<string, string>> = {},
): Sample[] {
  return Object.entries(counts).map(([key, value]) => ({ labels: { ...more, [label]: key }, value }));
}

/** Counts by key, with nothing for each of the keys that has no count: what is not there yet cannot be source to grow. */
export function withZeros(
  keys: readonly string[],
  counts: Readonly<Record<string, number>>,
): Record<string, number> {
  return { ...Object.fromEntries(keys.map((key) => [key, 0])), ...counts };
}

/** The values of a histogram, as Prometheus has them: each bucket holds those below it, too. */
export function histogram(
  name: string,
  labels: Readonly<Record<string, string>>,
  { count, seconds, buckets }: Latencies,
): Sample[] {
  let sum = 0;
  const cumulated = LATENCY_BOUNDS.map((le, i) => ({
    metricName: `${name}_bucket`,
    labels: { ...labels, le },
    value: sum += buckets[i] ?? 0,
  }));
  return [
    ...cumulated,
    { metricName: `${name}_bucket`, labels: { ...labels, le: "+Inf" }, value: count },
    { metricName: `${name}_sum`, labels, value: seconds },
    { metricName: `${name}_count`, labels, value: count },
  ];
}

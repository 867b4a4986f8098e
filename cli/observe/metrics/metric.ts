/**
 * How metrics are declared: their name, type and help for Prometheus and the docs, and how to get their values.
 *
 * @module
 */

import type { StateInfo } from "../../../lib/store/backend.ts";
import type { Readiness } from "../health.ts";
import type { ReloadCounts, WorkerCounts } from "../monitored_service.ts";
import { type Latencies, LATENCY_BOUNDS } from "../mail_counts.ts";
import type { Totals } from "../totals.ts";

/** The data behind all metrics. */
export interface MetricSource {
  readonly totals: Totals;
  readonly connections: number;
  readonly readiness: Readiness;
  readonly workers: WorkerCounts | undefined;
  readonly reloads: ReloadCounts | undefined;
  /** What is known about the state of filters; undefined if there is none, or it is on a server. */
  readonly state: StateInfo | undefined;
}

/** One value. */
export interface Sample {
  /** Its name, if it differs from the metric's: parts of a histogram have suffixes. */
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** A metric. Nothing from outside may become a label's value, since the number of series would be unbounded. */
export interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** What it counts or measures, for Prometheus and for docs/metrics.md. */
  readonly help: string;
  readonly labels: readonly string[];
  /** Returns the current values. */
  values(source: MetricSource): readonly Sample[];
}

/** Declares a metric with one value and no labels; it is absent while `value` returns undefined. */
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

/** Returns one sample per count, with its key as a label. */
export function byKey(
  label: string,
  counts: Readonly<Record<string, number>>,
  more: Readonly<Record<string, string>> = {},
): Sample[] {
  return Object.entries(counts).map(([key, value]) => ({ labels: { ...more, [label]: key }, value }));
}

/** Adds zeros for missing keys, so that Prometheus sees each series from the start and does not miss its first increase. */
export function withZeros(
  keys: readonly string[],
  counts: Readonly<Record<string, number>>,
): Record<string, number> {
  return { ...Object.fromEntries(keys.map((key) => [key, 0])), ...counts };
}

/** Returns the samples of a histogram; Prometheus wants cumulative buckets. */
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

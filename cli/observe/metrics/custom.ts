/**
 * Metrics that filters count themselves.
 *
 * @module
 */

import type { CustomFamily } from "../custom_metrics.ts";
import type { Metric, MetricSource, Sample } from "./metric.ts";

/** Returns the metrics of filters: those with one name, of several filters, are one. */
export function customMetrics({ totals }: Pick<MetricSource, "totals">): Metric[] {
  const byName = new Map<string, CustomFamily[]>();
  for (const family of totals.custom.families) {
    byName.set(family.metric, [...byName.get(family.metric) ?? [], family]);
  }
  return [...byName].map(([name, families]) => ({
    name,
    type: families[0]?.buckets ? "histogram" : "counter",
    help: families[0]?.help ?? "",
    labels: ["filter", ...families[0]?.labels ?? []],
    values: () => families.flatMap(samplesOf),
  }));
}

function samplesOf({ metric, filter, labels: names, buckets, series }: CustomFamily): Sample[] {
  return series.flatMap(({ labels: values, sum, counts }) => {
    const labels = { filter, ...Object.fromEntries(names.map((name, i) => [name, values[i] ?? ""])) };
    return buckets && counts
      ? histogramSamples(metric, labels, buckets, counts, sum)
      : [{ labels, value: sum }];
  });
}

/** Prometheus wants cumulative buckets. */
function histogramSamples(
  metric: string,
  labels: Readonly<Record<string, string>>,
  buckets: readonly number[],
  counts: readonly number[],
  sum: number,
): Sample[] {
  let count = 0;
  const bucket = (le: number | string, inIt: number): Sample => ({
    metricName: `${metric}_bucket`,
    labels: { ...labels, le },
    value: count += inIt,
  });
  return [
    ...buckets.map((bound, i) => bucket(bound, counts[i] ?? 0)),
    bucket("+Inf", counts[buckets.length] ?? 0),
    { metricName: `${metric}_sum`, labels, value: sum },
    { metricName: `${metric}_count`, labels, value: count },
  ];
}

/**
 * Adds up what filters count themselves, over all processes.
 *
 * @module
 */

import { MAX_SERIES, type MetricFamily, type MetricSeries, OTHER } from "../../lib/kit/metrics.ts";

/** The most counters and histograms of all filters; further ones are not shown. */
const MAX_FAMILIES = 1000;
/** The most series of all of them together; what has other labels is counted under {@linkcode OTHER}. */
const MAX_ALL_SERIES = 20_000;

/** A counter or histogram of a filter, as it is shown. */
export interface CustomFamily extends MetricFamily {
  /** The name of the metric for Prometheus. */
  readonly metric: string;
}

/** A family of which processes report. */
interface Sum extends Omit<CustomFamily, "series"> {
  /** Tells versions of the family apart, which a reload may have changed. */
  readonly shape: string;
  readonly series: Map<string, { readonly labels: readonly string[]; sum: number; counts?: number[] }>;
  /** The processes that have it and still run, by their order. */
  readonly processes: Map<unknown, number>;
  /** The order of the newest process that has it. */
  newest: number;
}

/** What filters have counted in all processes. It never decreases; what processes that ended have counted remains. */
export class CustomMetrics {
  /** By metric and filter. There are several where processes of different versions report different labels or buckets. */
  readonly #sums = new Map<string, Sum[]>();
  /** The order in which processes first reported. */
  readonly #order = new Map<unknown, number>();
  #processes = 0;
  #seriesCount = 0;

  /**
   * Adds what filters have counted in one process since its previous report.
   *
   * @param process distinguishes the process from others
   * @param families what it reports
   */
  add(process: unknown, families: readonly MetricFamily[]): void {
    const order = this.#order.get(process) ?? ++this.#processes;
    this.#order.set(process, order);
    for (const family of families) {
      const sum = this.#sumOf(family);
      if (!sum) continue;
      sum.processes.set(process, order);
      sum.newest = Math.max(sum.newest, order);
      for (const series of family.series) this.#addSeries(sum, series);
    }
  }

  /** Notes that a process has ended: what only it has counted no longer stands in for what others count in its place. */
  ended(process: unknown): void {
    this.#order.delete(process);
    for (const [key, sums] of this.#sums) {
      for (const sum of sums) sum.processes.delete(process);
      const shown = newestOf(sums);
      this.#sums.set(key, sums.filter((sum) => sum === shown || sum.processes.size > 0));
      for (const sum of sums) {
        if (sum !== shown && sum.processes.size === 0) this.#seriesCount -= sum.series.size;
      }
    }
  }

  /**
   * What is shown, in the order in which it was first reported. If processes of two versions report other labels or buckets
   * under one name, the newer version is shown: both together would be no valid metric.
   */
  get families(): readonly CustomFamily[] {
    return [...this.#sums.values()].map((sums) => {
      const { shape: _, processes: __, newest: ___, series, ...family } = newestOf(sums);
      return { ...family, series: [...series.values()] };
    });
  }

  #sumOf(family: MetricFamily): Sum | undefined {
    const metric = metricName(family);
    const key = `${metric}\0${family.filter}`;
    const sums = this.#sums.get(key) ?? [];
    const shape = JSON.stringify([family.labels, family.buckets]);
    const known = sums.find((sum) => sum.shape === shape);
    if (known) return known;
    if (sums.length === 0 && this.#sums.size >= MAX_FAMILIES) return undefined;
    const sum: Sum = { ...family, metric, shape, series: new Map(), processes: new Map(), newest: 0 };
    this.#sums.set(key, [...sums, sum]);
    return sum;
  }

  #addSeries(into: Sum, { labels, sum, counts }: MetricSeries): void {
    const known = into.series.get(labels.join("\0"));
    const isFull = into.series.size >= MAX_SERIES || this.#seriesCount >= MAX_ALL_SERIES;
    if (!known && isFull && labels.some((label) => label !== OTHER)) {
      return this.#addSeries(into, {
        labels: labels.map(() => OTHER),
        sum,
        ...(counts ? { counts } : {}),
      });
    }
    const total = known ?? { labels, sum: 0, ...(into.buckets ? { counts: [] } : {}) };
    if (!known) {
      into.series.set(labels.join("\0"), total);
      this.#seriesCount++;
    }
    total.sum += sum;
    for (const [i, count] of (counts ?? []).entries()) {
      total.counts![i] = (total.counts![i] ?? 0) + count;
    }
  }
}

/** The sum of the newest process that runs, or else that ran. */
function newestOf(sums: readonly Sum[]): Sum {
  const rank = ({ processes, newest }: Sum): readonly [number, number] => [
    Math.max(0, ...processes.values()),
    newest,
  ];
  return [...sums].sort((a, b) => rank(b)[0] - rank(a)[0] || rank(b)[1] - rank(a)[1])[0]!;
}

/** The name of a metric: the filter's definition may have characters that Prometheus does not allow. */
function metricName({ definition, name }: MetricFamily): string {
  const words = definition.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase().replace(/[^a-z0-9]+/g, "_")
    .replace(/^_|_$/g, "");
  return `milterkit_custom_${words === "" ? "filter" : words}_${name}`;
}

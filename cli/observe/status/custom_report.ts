/**
 * What a filter counts itself, for the status page and its data.
 *
 * @module
 */

import type { CustomFamily } from "../custom_metrics.ts";

/** A counter or histogram of a filter, since the start of the service. */
export interface CustomReport {
  /** Its name, as the filter gave it. */
  readonly name: string;
  /** Its name in `/metrics`. */
  readonly metric: string;
  /** What it counts. */
  readonly help: string;
  /** Its values, by labels. */
  readonly series: readonly CustomSeries[];
}

/** One value of a counter; of a histogram, how many values it got, and their sum. */
export type CustomSeries =
  | { readonly labels: Readonly<Record<string, string>>; readonly value: number }
  | { readonly labels: Readonly<Record<string, string>>; readonly count: number; readonly sum: number };

/** Returns what one filter counts. */
export function customReports(filter: string, families: readonly CustomFamily[]): CustomReport[] {
  return families.filter((family) => family.filter === filter).map((family) => ({
    name: family.name,
    metric: family.metric,
    help: family.help,
    series: family.series.map(({ labels: values, sum, counts }) => {
      const labels = Object.fromEntries(family.labels.map((name, i) => [name, values[i] ?? ""]));
      return family.buckets
        ? { labels, count: (counts ?? []).reduce((all, count) => all + count, 0), sum }
        : { labels, value: sum };
    }),
  }));
}

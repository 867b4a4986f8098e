/**
 * What filters count: counters and histograms, with labels.
 *
 * @module
 */

import type { Counter, Histogram } from "../filter/filter_kit.ts";
import { InvalidSettingError } from "../options/settings.ts";

/** A counter or histogram of a filter. */
export interface MetricFamily {
  /** The filter's name, or its label. */
  readonly filter: string;
  /** The name of the filter's definition, which the metric's name has. */
  readonly definition: string;
  /** The name that the filter gave. */
  readonly name: string;
  /** What it counts. */
  readonly help: string;
  /** The names of its labels. */
  readonly labels: readonly string[];
  /** The upper bounds of its buckets, ascending; undefined for a counter. */
  readonly buckets?: readonly number[];
  /** Its values by the values of its labels. */
  readonly series: readonly MetricSeries[];
}

/** What was counted with certain values of the labels. */
export interface MetricSeries {
  /** The values of the labels, in their order. */
  readonly labels: readonly string[];
  /** The count of a counter, or the sum of what a histogram got. */
  readonly sum: number;
  /** Of a histogram: how many values fell into each bucket, the last one above all bounds. */
  readonly counts?: readonly number[];
}

/** The most series of one family; what has other labels is counted under `other`. */
export const MAX_SERIES = 1000;

/** The value of each label where there are too many series. */
const OTHER = "other";

interface Series {
  readonly labels: readonly string[];
  sum: number;
  counts?: number[];
}

interface Family extends Omit<MetricFamily, "series"> {
  readonly series: Map<string, Series>;
}

/** Whose metrics they are. */
export interface MetricOwner {
  /** The filter's name, or its label. */
  readonly filter: string;
  /** The name of its definition. */
  readonly definition: string;
}

/** The metrics of the filters in one process. */
export class FilterMetrics {
  readonly #families: Family[] = [];

  /**
   * Makes a counter.
   *
   * @throws {InvalidSettingError} for an invalid name or label, or a name that the filter has used already
   */
  counter<L extends string>(
    owner: MetricOwner,
    name: string,
    help: string,
    labels: readonly L[],
  ): Counter<L> {
    if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*_total$/.test(name)) {
      refuse(owner, "name", name, `a counter needs a name such as waits_total, got ${JSON.stringify(name)}`);
    }
    const family = this.#family(owner, name, help, labels);
    return {
      add(...args: readonly unknown[]): void {
        const [first, second] = labels.length === 0 ? [{}, args[0]] : args;
        const by = (second ?? 1) as number;
        if (!(by > 0 && Number.isFinite(by))) refuse(owner, name, by, `a counter only goes up, got ${by}`);
        seriesOf(owner, family, (first ?? {}) as Readonly<Record<string, string>>).sum += by;
      },
    };
  }

  /**
   * Makes a histogram.
   *
   * @throws {InvalidSettingError} for an invalid name, label or bound, or a name that the filter has used already
   */
  histogram<L extends string>(
    owner: MetricOwner,
    name: string,
    help: string,
    buckets: readonly number[],
    labels: readonly L[],
  ): Histogram<L> {
    if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name) || name.endsWith("_total")) {
      refuse(owner, "name", name, `a histogram needs a name such as size_bytes, got ${JSON.stringify(name)}`);
    }
    const ascends = buckets.every((bound, i) =>
      Number.isFinite(bound) && bound > (buckets[i - 1] ?? -Infinity)
    );
    if (buckets.length === 0 || !ascends) {
      refuse(owner, "buckets", buckets, `the buckets of ${name} must be ascending numbers, at least one`);
    }
    const family = this.#family(owner, name, help, labels, buckets);
    return {
      observe(value: number, ...[given]: readonly unknown[]): void {
        if (!Number.isFinite(value)) refuse(owner, name, value, `a histogram takes numbers, got ${value}`);
        const series = seriesOf(owner, family, (given ?? {}) as Readonly<Record<string, string>>);
        series.sum += value;
        const counts = series.counts ??= Array<number>(buckets.length + 1).fill(0);
        const at = buckets.findIndex((bound) => value <= bound);
        const bucket = at < 0 ? buckets.length : at;
        counts[bucket] = (counts[bucket] ?? 0) + 1;
      },
    };
  }

  /** What was counted since the last call, without what did not change; resets it. */
  take(): MetricFamily[] {
    const taken = this.read().filter(({ series }) => series.length > 0);
    for (const { series } of this.#families) series.clear();
    return taken;
  }

  /** What was counted so far. */
  read(): MetricFamily[] {
    return this.#families.map((family) => ({
      ...family,
      series: [...family.series.values()].map((each) => ({
        ...each,
        ...(each.counts ? { counts: [...each.counts] } : {}),
      })),
    }));
  }

  /**
   * What a counter has counted so far, for tests.
   *
   * @param name the counter's name
   * @param labels the values of its labels; those that are left out may be anything
   */
  count(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const families = this.#families.filter((family) => family.name === name);
    return families.flatMap((family) =>
      [...family.series.values()].filter((series) =>
        family.labels.every((label, i) => labels[label] === undefined || labels[label] === series.labels[i])
      )
    ).reduce((sum, series) => sum + series.sum, 0);
  }

  #family(
    owner: MetricOwner,
    name: string,
    help: string,
    labels: readonly string[],
    buckets?: readonly number[],
  ): Family {
    if (typeof help !== "string" || help === "") refuse(owner, "help", help, `${name} needs a help text`);
    const invalid = labels.find((label, i) =>
      !/^[a-z][a-z0-9_]*$/.test(label) || label === "filter" || label === "le" || labels.indexOf(label) < i
    );
    if (invalid !== undefined) {
      refuse(owner, "labels", invalid, `${name} cannot have a label ${JSON.stringify(invalid)}`);
    }
    const known = this.#families.find((family) => family.name === name && family.filter === owner.filter);
    // The same filter on another listener counts into the same family.
    if (known && isSame(known, { ...owner, help, labels, buckets })) return known;
    if (known) {
      refuse(owner, "name", name, `there is another ${name} already, with other labels, buckets or help`);
    }
    const family: Family = {
      ...owner,
      name,
      help,
      labels,
      ...(buckets ? { buckets } : {}),
      series: new Map(),
    };
    this.#families.push(family);
    return family;
  }
}

function isSame(
  a: Family,
  b: Omit<MetricFamily, "name" | "series" | "buckets"> & { readonly buckets: readonly number[] | undefined },
): boolean {
  const equal = (one: readonly unknown[] = [], other: readonly unknown[] = []) =>
    one.length === other.length && one.every((each, i) => each === other[i]);
  return a.definition === b.definition && a.help === b.help && equal(a.labels, b.labels) &&
    equal(a.buckets, b.buckets);
}

function seriesOf(owner: MetricOwner, family: Family, given: Readonly<Record<string, string>>): Series {
  const { labels, series } = family;
  const values = labels.map((label) => {
    const value: unknown = given[label];
    if (typeof value === "string") return value;
    return refuse(
      owner,
      label,
      value,
      `${family.name} needs a text for its label ${label}, got ${typeof value}`,
    );
  });
  const key = values.join("\0");
  const known = series.get(key);
  if (known) return known;
  // Each series costs memory here and in whatever reads the metrics.
  if (series.size >= MAX_SERIES && values.some((value) => value !== OTHER)) {
    return seriesOf(owner, family, Object.fromEntries(labels.map((label) => [label, OTHER])));
  }
  const made: Series = { labels: values, sum: 0 };
  series.set(key, made);
  return made;
}

function refuse({ filter }: MetricOwner, setting: string, value: unknown, reason: string): never {
  throw new InvalidSettingError(`filter ${filter}`, setting, value, reason);
}

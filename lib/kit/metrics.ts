/**
 * Metrics of filters: counters and histograms, with labels.
 *
 * @module
 */

import type { Counter, Histogram } from "../filter/filter_kit.ts";
import { InvalidSettingError } from "../options/settings.ts";
import { LimitUses } from "./limit_uses.ts";

/** A counter or histogram of a filter. */
export interface MetricFamily {
  /** The filter's name, or its label. */
  readonly filter: string;
  /** The name of the filter's definition, which is part of the metric's full name. */
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
  /** The value of a counter, or the sum of the values observed by a histogram. */
  readonly sum: number;
  /** For a histogram: how many values fell into each bucket; the last bucket is above all bounds. */
  readonly counts?: readonly number[];
}

/** The maximum number of series of one family; further label values are counted under {@linkcode OTHER}. */
export const MAX_SERIES = 1000;

/** The value of each label where there are too many series. */
export const OTHER = "other";

/** The maximum number of counters and histograms of one filter. */
const MAX_FAMILIES = 100;
/** The maximum number of characters of a label's value; longer ones are cut. */
const MAX_LABEL_LENGTH = 200;

/** Suffixes with a meaning in Prometheus: a histogram `x` is shown as `x_bucket`, `x_sum` and `x_count`. */
const RESERVED_ENDING = /(?:^|_)(?:total|bucket|sum|count)$/;

interface Series {
  readonly labels: readonly string[];
  sum: number;
  counts?: number[];
}

interface Family extends Omit<MetricFamily, "series"> {
  readonly series: Map<string, Series>;
  /** The filters that have made it: several filters with the same name share it. */
  readonly owners: WeakSet<MetricOwner>;
}

/** Whose metrics they are; one object for each filter that is made. */
export interface MetricOwner {
  /** The filter's name, or its label. */
  readonly filter: string;
  /** The name of its definition. */
  readonly definition: string;
}

/** The metrics of the filters in one process. */
export class FilterMetrics {
  /** The keys that are near a limit. */
  readonly limits: LimitUses = new LimitUses();
  readonly #families: Family[] = [];
  /** The families that were taken at least once. */
  readonly #taken = new WeakSet<Family>();

  /**
   * Makes a counter.
   *
   * @throws {InvalidSettingError} for an invalid name or label, a name that the filter has used already, or one that another
   * filter of the same definition uses with other labels
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
   * @throws {InvalidSettingError} for an invalid name, label or bound, a name that the filter has used already, or one that
   * another filter of the same definition uses with other labels or buckets
   */
  histogram<L extends string>(
    owner: MetricOwner,
    name: string,
    help: string,
    buckets: readonly number[],
    labels: readonly L[],
  ): Histogram<L> {
    if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name) || RESERVED_ENDING.test(name)) {
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

  /**
   * Returns what was counted since the last call, without what did not change, and resets it. Each family is returned
   * at least once, even if nothing was counted, so that readers know that it begins at 0.
   */
  take(): MetricFamily[] {
    const changed = this.#families.filter((family) => family.series.size > 0 || !this.#taken.has(family));
    const taken = changed.map((family) => {
      const isNew = !this.#taken.has(family);
      this.#taken.add(family);
      const { series, ...about } = readFamily(family);
      return { ...about, series: isNew && series.length === 0 ? zeros(family) : series };
    });
    for (const { series } of changed) series.clear();
    return taken;
  }

  /** Returns what was counted so far. */
  read(): MetricFamily[] {
    return this.#families.map(readFamily);
  }

  /**
   * Returns a counter's value so far, for tests.
   *
   * @param name the counter's name
   * @param labels the values of its labels; labels that are left out match any value
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
    const own = this.#families.filter((family) => family.owners.has(owner));
    if (own.some((family) => family.name === name)) refuse(owner, "name", name, `there is a ${name} already`);
    if (own.length >= MAX_FAMILIES) {
      refuse(
        owner,
        "name",
        name,
        `it has ${MAX_FAMILIES} counters and histograms already, the most it can have`,
      );
    }
    const same = this.#families.filter((family) =>
      family.definition === owner.definition && family.name === name
    );
    // To Prometheus, they are one metric.
    const other = same.find((family) => !isList(labels, family.labels) || !isList(buckets, family.buckets));
    if (other) {
      const reason =
        `filter ${other.filter}, which has the same definition ${owner.definition}, has a ${name} with other ` +
        "labels or buckets; use the same ones, or another name";
      refuse(owner, isList(labels, other.labels) ? "buckets" : "labels", name, reason);
    }
    const family = same.find(({ filter }) => filter === owner.filter) ?? this.#add({
      ...owner,
      name,
      help,
      labels: [...labels],
      ...(buckets ? { buckets: [...buckets] } : {}),
      series: new Map(),
      owners: new WeakSet(),
    });
    family.owners.add(owner);
    return family;
  }

  #add(family: Family): Family {
    this.#families.push(family);
    return family;
  }
}

function isList<T>(a: readonly T[] | undefined, b: readonly T[] | undefined): boolean {
  return a?.length === b?.length && (a ?? []).every((each, i) => each === b?.[i]);
}

function readFamily({ owners: _, series, ...family }: Family): MetricFamily {
  return {
    ...family,
    series: [...series.values()].map((each) => ({
      ...each,
      ...(each.counts ? { counts: [...each.counts] } : {}),
    })),
  };
}

/** The series of a family in which nothing was counted: one if it has no labels, otherwise none. */
function zeros({ labels, buckets }: Family): MetricSeries[] {
  if (labels.length > 0) return [];
  return [{ labels: [], sum: 0, ...(buckets ? { counts: Array<number>(buckets.length + 1).fill(0) } : {}) }];
}

function seriesOf(owner: MetricOwner, family: Family, given: Readonly<Record<string, string>>): Series {
  const { labels, series } = family;
  const values = labels.map((label) => {
    const value: unknown = given[label];
    if (typeof value === "string") return value.slice(0, MAX_LABEL_LENGTH).toWellFormed();
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

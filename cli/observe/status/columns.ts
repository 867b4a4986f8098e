/**
 * Joins slices of the history to the columns of a chart: few enough to be seen apart and pointed at.
 *
 * @module
 */

import { clockText } from "./figures.ts";
import type { StatusReport } from "./status_report.ts";

/** How the slices of a report become columns. */
export interface Columns {
  /** The number of columns. */
  readonly count: number;
  /** The time that each covers, in seconds. */
  readonly seconds: number;
  /** How many of them, at the beginning, are from before anything was counted. */
  readonly missing: number;
  /** Adds up the values of each column. */
  sums(values: readonly number[]): number[];
  /** Returns the greatest value of each column; null if it has none. */
  greatest(values: readonly (number | null)[]): (number | null)[];
  /** Returns the middle value of each column; null if it has none. */
  middle(values: readonly (number | null)[]): (number | null)[];
  /** Returns what a column's tooltip begins with, such as `09:12:10 to 09:12:40 UTC`. */
  when(column: number): string;
}

/**
 * Returns the columns of a chart. Leaves out the last slice: it is not complete and would look like a drop.
 *
 * @param report the report
 * @param most the most columns; the slices must be divisible among them, or there are fewer
 */
export function columnsOf({ period, time }: StatusReport, most: number): Columns {
  const slices = period.minutes * 60 / period.sliceSeconds;
  const size = Math.ceil(slices / most);
  const count = Math.ceil(slices / size);
  const seconds = size * period.sliceSeconds;
  const groups = <T>(values: readonly T[]): T[][] => {
    const complete = values.slice(0, -1);
    // The newest column is a whole one, should the oldest not be.
    const spare = count * size - complete.length;
    return Array.from(
      { length: count },
      (_, i) => complete.slice(Math.max(0, i * size - spare), (i + 1) * size - spare),
    );
  };
  const figures = (values: readonly (number | null)[]): number[][] =>
    groups(values).map((group) => group.filter((value) => value !== null));
  // Slices follow the monotonic clock, so their times of day are accurate to one slice.
  const end = Math.floor(Date.parse(time) / 1000 / period.sliceSeconds) * period.sliceSeconds;
  const clock = (ago: number): string => clockText(new Date((end - ago * seconds) * 1000).toISOString());
  return {
    count,
    seconds,
    missing: Math.floor(period.missingSlices / size),
    sums: (values) => groups(values).map((group) => group.reduce((sum, value) => sum + value, 0)),
    greatest: (values) => figures(values).map((group) => group.length === 0 ? null : Math.max(...group)),
    middle: (values) =>
      figures(values).map((group) => group.sort((a, b) => a - b)[Math.floor(group.length / 2)] ?? null),
    when: (column) => `${clock(count - column)} to ${clock(count - column - 1)} UTC`,
  };
}

/**
 * Sums counts and formats them with their names.
 *
 * @module
 */

import { countText } from "./figures.ts";

/** Returns the sum of counts. */
export function total(counts: Readonly<Record<string, number>> | readonly number[]): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/**
 * Formats counts with their names, such as `3 rejected, 1 deferred`; leaves out zeros.
 *
 * @param most how many to name; the others are only counted
 */
export function countsText(
  counts: readonly (readonly [name: string, count: number])[],
  most: number = Infinity,
): string {
  const some = counts.filter(([, count]) => count > 0);
  const named = some.slice(0, most).map(([name, count]) => `${countText(count)} ${name}`);
  if (some.length > most) named.push(`${some.length - most} more`);
  return named.join(", ");
}

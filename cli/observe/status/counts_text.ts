/**
 * Counts by name in words.
 *
 * @module
 */

import { countText } from "./figures.ts";

/** All of them together. */
export function total(counts: Readonly<Record<string, number>> | readonly number[]): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/**
 * Each with its name, such as `3 rejected, 1 deferred`; what there is none of is left out.
 *
 * @param most how many are named; of the others only their number is told
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

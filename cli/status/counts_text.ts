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

/** Each with its name, such as `3 rejected, 1 deferred`; what there is none of is left out. */
export function countsText(counts: readonly (readonly [name: string, count: number])[]): string {
  return counts.filter(([, count]) => count > 0).map(([name, count]) => `${countText(count)} ${name}`).join(
    ", ",
  );
}

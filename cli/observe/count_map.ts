/**
 * Counts by key.
 *
 * @module
 */

/** Adds to the count of a key, 1 by default. */
export function addOne(counts: Record<string, number>, key: string, number = 1): void {
  counts[key] = (counts[key] ?? 0) + number;
}

/** Adds counts to others. */
export function addCounts(into: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [key, count] of Object.entries(counts)) into[key] = (into[key] ?? 0) + count;
}

/**
 * The word that somebody probably meant.
 *
 * @module
 */

/**
 * The nearest of some words to one that is none of them, by how many letters must be changed.
 *
 * @param word what was written
 * @param known the right words, at least one
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { nearest } from "./nearest.ts";
 *
 * assert.equal(nearest("heloo", ["connect", "helo", "mail"]), "helo");
 * ```
 */
export function nearest(word: string, known: readonly string[]): string {
  let best = known[0];
  let least = Infinity;
  for (const candidate of known) {
    const changes = distance(word.toLowerCase(), candidate.toLowerCase());
    if (changes < least) [best, least] = [candidate, changes];
  }
  return best;
}

function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + same);
    }
    previous = row;
  }
  return previous[b.length];
}

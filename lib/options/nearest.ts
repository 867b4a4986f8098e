/**
 * Suggests the right word for a misspelled one.
 *
 * @module
 */

/** Shorter texts are too often the beginning of another word. */
const SHORTEST_BEGINNING = 3;

/**
 * The known word nearest to a misspelled one: the shortest word that begins with it, otherwise the one with the
 * smallest edit distance.
 *
 * @param word what was written
 * @param known the right words
 * @returns the word itself if there are no right ones
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { nearest } from "./nearest.ts";
 *
 * assert.equal(nearest("heloo", ["connect", "helo", "mail"]), "helo");
 * assert.equal(nearest("dkim", ["clamd", "dkim-check", "dkim-sign"]), "dkim-sign");
 * ```
 */
export function nearest(word: string, known: readonly string[]): string {
  const begun = word.length < SHORTEST_BEGINNING
    ? []
    : known.filter((candidate) => candidate.toLowerCase().startsWith(word.toLowerCase()));
  const [first, ...others] = begun;
  if (first !== undefined) return others.reduce((a, b) => b.length < a.length ? b : a, first);
  let best = word;
  let least = Infinity;
  for (const candidate of known) {
    const changes = distance(word.toLowerCase(), candidate.toLowerCase());
    if (changes < least) [best, least] = [candidate, changes];
  }
  return best;
}

/**
 * The known word that was clearly meant: it differs only in case and separators, or by one letter that was omitted,
 * inserted, changed or swapped with the next. Unlike {@linkcode nearest}, it is suitable for incomplete lists of words,
 * and for checks that refuse an otherwise acceptable word.
 *
 * @param word what was written
 * @param known the known words
 * @returns undefined if the word is one of them, or is not similar to any of them
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { correctionOf } from "./nearest.ts";
 *
 * assert.equal(correctionOf("clientaddr", ["client_addr", "client_port"]), "client_addr");
 * assert.equal(correctionOf("our_own_name", ["client_addr", "client_port"]), undefined);
 * ```
 */
export function correctionOf(word: string, known: readonly string[]): string | undefined {
  if (known.includes(word)) return undefined;
  const bare = lettersOf(word);
  return known.find((candidate) => lettersOf(candidate) === bare && bare !== "") ??
    known.find((candidate) =>
      Math.min(word.length, candidate.length) >= SHORTEST_SLIP && isOneSlip(bare, lettersOf(candidate))
    );
}

/** Shorter words are too often one letter apart. */
const SHORTEST_SLIP = 4;

function lettersOf(word: string): string {
  return word.toLowerCase().replace(/[-_. ]/g, "");
}

function isOneSlip(a: string, b: string): boolean {
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  const [restA, restB] = [a.slice(start), b.slice(start)];
  const swapped = restA.length > 1 && restA.charAt(1) + restA.charAt(0) + restA.slice(2) === restB;
  return swapped || restA.slice(1) === restB.slice(1) || restA.slice(1) === restB || restA === restB.slice(1);
}

function distance(a: string, b: string): number {
  const letters = b.split("");
  // For each prefix of b, its distance from the prefix of a read so far; for the empty prefix, the length of that.
  let distances = letters.map((_, i) => i + 1);
  let last = b.length;
  for (const [read, letter] of a.split("").entries()) {
    let aboveLeft = read;
    last = read + 1;
    distances = distances.map((above, i) => {
      last = Math.min(above + 1, last + 1, aboveLeft + (letter === letters[i] ? 0 : 1));
      aboveLeft = above;
      return last;
    });
  }
  return last;
}

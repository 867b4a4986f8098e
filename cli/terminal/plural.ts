/**
 * Counts with their nouns.
 *
 * @module
 */

/** A number and the noun that it counts, such as `1 message` or `2 messages`. */
export function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

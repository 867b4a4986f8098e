/**
 * Numbers of things.
 *
 * @module
 */

/** A number and what it counts, such as `1 message` or `2 messages`. */
export function plural(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

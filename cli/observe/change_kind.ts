/**
 * The kind of a change, of the words that a report has for it.
 *
 * @module
 */

/** The kinds, and how their words begin. A header's name has no space in it, so an address behind one is no name. */
const KINDS: readonly (readonly [kind: string, words: RegExp])[] = [
  ["addRcpt", /^add recipient (?!number )/],
  ["deleteRcpt", /^delete recipient (?!number )/],
  ["changeFrom", /^change sender to /],
  ["replaceBody", /^replace body \(/],
  ["quarantine", /^quarantine \(/],
  ["addHeader", /^add /],
  ["insertHeader", /^insert /],
  ["changeHeader", /^change /],
  ["deleteHeader", /^delete /],
];

/** All kinds that there are. */
export const CHANGE_KINDS: readonly string[] = KINDS.map(([kind]) => kind);

/**
 * The kind of a change.
 *
 * @param words such as `add X-Spam`
 * @returns its libmilter name, or `other`
 */
export function changeKind(words: string): string {
  return KINDS.find(([, beginning]) => beginning.test(words))?.[0] ?? "other";
}

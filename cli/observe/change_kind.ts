/**
 * Classifies a change by its description in a report.
 *
 * @module
 */

/** The kinds, and how their descriptions begin. A header name has no space, so text with one after it is no header change. */
const KINDS: readonly (readonly [kind: string, words: RegExp])[] = [
  ["addRcpt", /^add recipient (?!number )/],
  ["deleteRcpt", /^delete recipient (?!number )/],
  ["changeFrom", /^change sender to /],
  ["replaceBody", /^replace body \(/],
  ["editContent", /^edit content \(/],
  ["quarantine", /^quarantine \(/],
  ["addHeader", /^add /],
  ["insertHeader", /^insert /],
  ["changeHeader", /^change /],
  ["deleteHeader", /^delete /],
];

/** All kinds. */
export const CHANGE_KINDS: readonly string[] = KINDS.map(([kind]) => kind);

/**
 * Returns the kind of a change.
 *
 * @param words its description, such as `add X-Spam`
 * @returns its libmilter name, or `other`
 */
export function changeKind(words: string): string {
  return KINDS.find(([, beginning]) => beginning.test(words))?.[0] ?? "other";
}

/**
 * Names of header fields, as rules write them.
 *
 * @module
 */

import { headerNameProblem } from "../../lib/message/header_name.ts";
import type { Fail } from "../../lib/options/quantities.ts";

/** Tells whether a rule means a field of this name. */
export type NameMatcher = (name: string) => boolean;

/**
 * Makes sure that a text can name a header field: printable ASCII, no colon, no space (RFC 5322).
 *
 * @throws what `fail` throws
 */
export function checkName(name: string, fail: Fail): string {
  const problem = headerNameProblem(name);
  return problem === undefined ? name : fail(problem);
}

/**
 * A matcher of one name in any spelling.
 *
 * @throws what `fail` throws
 */
export function exactName(text: string, fail: Fail): NameMatcher {
  const wanted = checkName(text, fail).toLowerCase();
  if (wanted.endsWith("*")) return fail("a name with * at its end goes only with remove");
  return (name) => name.toLowerCase() === wanted;
}

/**
 * A matcher of one name in any spelling, or with `*` at the end of all names that begin so.
 *
 * @throws what `fail` throws
 */
export function namePattern(text: string, fail: Fail): NameMatcher {
  if (!text.endsWith("*")) return exactName(text, fail);
  if (text === "*") return fail("it would mean every header; want at least one letter before the *");
  const start = checkName(text, fail).slice(0, -1).toLowerCase();
  return (name) => name.toLowerCase().startsWith(start);
}

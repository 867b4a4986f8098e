/**
 * Matches header fields by their names in rules.
 *
 * @module
 */

import { headerNameProblem } from "../../lib/message/header_name.ts";
import type { Fail } from "../../lib/options/quantities.ts";

/** What stands, in any case, before a name where the text of the field is meant, with encoded words decoded. */
const TEXT = /^text:/i;

/** Takes `text:` off a name. */
export function textName(field: string): { name: string; isText: boolean } {
  return { name: field.replace(TEXT, ""), isText: TEXT.test(field) };
}

/** A field, as far as its name matters. */
export interface Named {
  readonly name: string;
  /** Whether this is its name, in any case: cheaper than to decode the name. */
  is(name: string): boolean;
}

/** Whether a rule applies to a field, by its name. */
export type NameMatcher = (field: Named) => boolean;

/**
 * Checks that a text is a valid header field name: printable ASCII, no colon, no space (RFC 5322).
 *
 * @throws what `fail` throws
 */
export function checkName(name: string, fail: Fail): string {
  if (TEXT.test(name)) return fail("text: works only in replace, if-header and unless-header");
  const problem = headerNameProblem(name);
  return problem === undefined ? name : fail(problem);
}

/**
 * Makes a matcher for one name in any case.
 *
 * @throws what `fail` throws
 */
export function exactName(text: string, fail: Fail): NameMatcher {
  const wanted = checkName(text, fail);
  if (wanted.endsWith("*")) return fail("a name with * at its end works only in remove");
  return (field) => field.is(wanted);
}

/**
 * Makes a matcher for one name in any case, or with `*` at its end for all names that begin so.
 *
 * @throws what `fail` throws
 */
export function namePattern(text: string, fail: Fail): NameMatcher {
  if (!text.endsWith("*")) return exactName(text, fail);
  if (text === "*") return fail("it would match every field; want at least one letter before the *");
  const start = checkName(text, fail).slice(0, -1).toLowerCase();
  return ({ name }) => name.toLowerCase().startsWith(start);
}

/**
 * Finds and replaces certain domain names in a text.
 *
 * @module
 */

import { RESULTS_OF_METHODS } from "../../lib/auth/authentication_results.ts";

/** Everything but characters that can surround a name. */
const WORDS = /[^\s<>()[\]:,;"'={}@/\\]+/g;
/** `spf=fail` must not change if a client calls itself "fail". */
const RESULTS = new Set(Object.values(RESULTS_OF_METHODS).flatMap((results) => results ?? []));

/**
 * Replaces names, their subdomains and their parents.
 *
 * @param text the text
 * @param names the names, in lower case. A name without a dot may be an ordinary word, so it is replaced only behind `=`
 * @param replacement replaces each of them
 */
export function withoutNames(text: string, names: readonly string[], replacement: string): string {
  if (names.length === 0) return text;
  return text.replace(WORDS, (word, at: number) => {
    const name = word.toLowerCase().replace(/\.+$/, "");
    if (!name.includes(".")) {
      return text[at - 1] === "=" && names.includes(name) && !RESULTS.has(name) ? replacement : word;
    }
    const isOne = names.some((each) =>
      each === name || (each.includes(".") && name.endsWith(`.${each}`)) || each.endsWith(`.${name}`)
    );
    return isOne ? replacement + word.slice(name.length) : word;
  });
}

/**
 * Translates extended regular expressions of POSIX, as the C library of Linux reads them, into JavaScript's dialect.
 *
 * @module
 */

import type { Fail } from "../quantities.ts";

/** What a class such as `[:alpha:]` stands for, within brackets. */
export const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alpha: "A-Za-z",
  digit: "0-9",
  alnum: "A-Za-z0-9",
  upper: "A-Z",
  lower: "a-z",
  space: " \\t-\\r",
  blank: " \\t",
  punct: "!-\\/:-@\\[-`{-~",
  print: " -~",
  graph: "!-~",
  cntrl: "\\x00-\\x1f\\x7f",
  xdigit: "0-9A-Fa-f",
};

/**
 * Translates an expression.
 *
 * @param source the expression, without delimiters
 * @param fail called for what POSIX or this translation does not support, with what to write instead
 * @returns its source in JavaScript's dialect, for the flag s
 */
export function ofPosix(source: string, fail: Fail): string {
  let text = "";
  for (let i = 0; i < source.length;) {
    const char = source[i]!;
    const rest = source.slice(i);
    let taken = char;
    if (char === "\\") {
      taken = rest.slice(0, 2);
      text += escapeOf(taken, fail);
    } else if (char === "[") {
      const [whole, bracket] = bracketOf(rest, fail);
      taken = whole;
      text += bracket;
    } else if (rest.startsWith("(?")) {
      return fail("POSIX has no (?; a group begins with ( alone");
    } else if (/^[*+?{]/.test(rest)) {
      taken = /^(?:[*+?]|\{\d*,?\d*\})/.exec(rest)?.[0] ?? char;
      if (taken === "{" || taken === "{}" || taken === "{,}") text += taken.replace(/[{}]/g, "\\$&");
      else {
        if (/^(?:[*+?]|\{\d)/.test(rest.slice(taken.length))) {
          fail("one repetition follows another; put what comes before the second in parentheses");
        }
        text += taken.replace("{,", "{0,");
      }
    } else text += char === "/" || char === "}" ? `\\${char}` : char;
    i += taken.length;
  }
  return text;
}

/** Translates an escape outside of brackets. */
function escapeOf(escape: string, fail: Fail): string {
  const char = escape.slice(1);
  if (char === "") return fail("a backslash at the end escapes nothing");
  if (char === "<" || char === ">") return "\\b";
  if (/[wWsSbB]/.test(char)) return escape;
  if (/[1-9]/.test(char)) return fail(`a backreference such as ${escape} is not supported`);
  if (char === "d") return fail("POSIX has no \\d; write [0-9]");
  if (/[A-Za-z0]/.test(char)) return fail(`POSIX has no ${escape}`);
  return /[\^$\\.*+?()[\]{}|/]/.test(char) ? escape : char;
}

/** A bracket expression at the start of a text, and its translation. */
function bracketOf(text: string, fail: Fail): readonly [whole: string, translated: string] {
  const [, begin = ""] = /^(\[\^?)/.exec(text) ?? [];
  let translated = begin;
  for (let i = begin.length; i < text.length;) {
    const rest = text.slice(i);
    if (rest.startsWith("]") && i > begin.length) return [text.slice(0, i + 1), `${translated}]`];
    const [special, kind, name = ""] = /^\[([:.=])(.*?)\1\]/.exec(rest) ?? [];
    if (special === undefined) {
      const char = String.fromCodePoint(rest.codePointAt(0)!);
      const isRange = char === "-" && i > begin.length && !rest.startsWith("-]");
      translated += /[\\[\]^]/.test(char) || (char === "-" && !isRange) ? `\\${char}` : char;
      i += char.length;
    } else {
      const members = kind === ":"
        ? POSIX_CLASSES[name]
        : name.length === 1
        ? name.replace(/[\\\]^[-]/, "\\$&")
        : undefined;
      if (members === undefined) {
        return fail(
          `there is no ${special}; classes are ${Object.keys(POSIX_CLASSES).join(", ")}, as in [[:alpha:]]`,
        );
      }
      translated += members;
      i += special.length;
    }
  }
  return fail("a [ has no ] that ends it");
}

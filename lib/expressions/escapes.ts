/**
 * Escapes: what follows a backslash.
 *
 * @module
 */

import type { Refuse } from "./expression_error.ts";

/** An escape. */
export type Escape =
  /** One character. */
  | { readonly type: "char"; readonly char: number; readonly end: number }
  /** A set of characters: `\d`, `\w`, `\s`, `\p{…}` and their opposites. */
  | { readonly type: "set"; readonly end: number };

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 };

/** What to write for the escapes of other dialects. */
const INSTEAD: Readonly<Record<string, string>> = {
  A: "write ^ without the flag m",
  Z: "write $ without the flag m",
  z: "write $ without the flag m",
  G: "write ^",
  a: "write \\x07",
  e: "write \\x1b",
  h: "write [ \\t]",
  H: "write [^ \\t]",
  N: "write [^\\n]",
  R: "write \\r?\\n",
  Q: "write a backslash before each special character",
  E: "write a backslash before each special character",
  m: "write \\b",
  M: "write \\b",
  y: "write \\b",
};

/**
 * Reads an escape.
 *
 * @param source the expression
 * @param at the position of the backslash
 * @param unicode whether it has the flag u
 * @param inClass whether it is inside brackets
 * @param refuse called if it is not a valid escape
 */
export function readEscape(
  source: string,
  at: number,
  unicode: boolean,
  inClass: boolean,
  refuse: Refuse,
): Escape {
  const letter = source[at + 1];
  const invalid = (reason: string): never =>
    refuse("invalid-expression", `${reason}, at character ${at + 1}`);
  if (letter === undefined) return invalid("a backslash is the last character; write \\\\ for a backslash");
  if (/[dDwWsS]/.test(letter)) return { type: "set", end: at + 2 };
  if (letter in CONTROLS) return { type: "char", char: CONTROLS[letter]!, end: at + 2 };
  if (inClass && letter === "b") return { type: "char", char: 8, end: at + 2 };
  switch (letter) {
    case "p":
    case "P": {
      if (!unicode) return invalid(`\\${letter} needs the flag u`);
      const [property] = /^\{[\w=]+\}/.exec(source.slice(at + 2)) ?? [];
      if (property === undefined) return invalid(`\\${letter} wants a property in braces, such as \\p{L}`);
      return { type: "set", end: at + 2 + property.length };
    }
    case "x": {
      const [digits] = /^[\da-f]{2}/i.exec(source.slice(at + 2)) ?? [];
      if (digits === undefined) return invalid("\\x wants two hexadecimal digits");
      return { type: "char", char: parseInt(digits, 16), end: at + 4 };
    }
    case "u":
      return readUnicode(source, at, unicode, invalid);
    case "c": {
      const control = source[at + 2];
      if (control === undefined || !/[a-z]/i.test(control)) {
        return invalid("\\c wants a letter, such as \\cJ");
      }
      return { type: "char", char: control.charCodeAt(0) % 32, end: at + 3 };
    }
    case "0":
      if (/\d/.test(source[at + 2] ?? "")) return invalid("write a character's number as \\x00");
      return { type: "char", char: 0, end: at + 2 };
  }
  if (letter === "k" || /\d/.test(letter)) {
    if (inClass) return invalid("a class holds no groups; write a character's number as \\x01");
    return refuse(
      "unsupported-expression",
      `\\${letter} at character ${
        at + 1
      } refers back to what a group matched, for which no engine can bound the time that a text takes; write out the texts that can repeat`,
    );
  }
  if (/[a-z]/i.test(letter)) {
    const instead = INSTEAD[letter] ?? `write ${letter} for the letter`;
    return invalid(`JavaScript has no \\${letter}; ${instead}`);
  }
  const char = unicode ? source.codePointAt(at + 1)! : source.charCodeAt(at + 1);
  if (unicode && !/[\^$\\.*+?()[\]{}|/]/.test(letter) && !(inClass && letter === "-")) {
    return invalid(`with the flag u, write ${String.fromCodePoint(char)} without a backslash`);
  }
  return { type: "char", char, end: at + 1 + (char > 0xffff ? 2 : 1) };
}

/** `\u0041`, and with the flag u also `\u{41}` and two surrogates. */
function readUnicode(
  source: string,
  at: number,
  unicode: boolean,
  invalid: (reason: string) => never,
): Escape {
  const rest = source.slice(at + 2, at + 14);
  const [all, braced] = /^\{([\da-f]{1,8})\}/i.exec(rest) ?? [];
  if (all !== undefined && braced !== undefined) {
    if (!unicode) return invalid("\\u{…} needs the flag u");
    const char = parseInt(braced, 16);
    if (char > 0x10ffff) return invalid("there is no such character");
    return { type: "char", char, end: at + 2 + all.length };
  }
  const [digits] = /^[\da-f]{4}/i.exec(rest) ?? [];
  if (digits === undefined) return invalid("\\u wants four hexadecimal digits");
  const char = parseInt(digits, 16);
  const [pair, low] = /^[\da-f]{4}\\u(d[c-f][\da-f]{2})/i.exec(rest) ?? [];
  if (unicode && pair !== undefined && low !== undefined && char >= 0xd800 && char <= 0xdbff) {
    const point = (char - 0xd800) * 0x400 + parseInt(low, 16) - 0xdc00 + 0x10000;
    return { type: "char", char: point, end: at + 2 + pair.length };
  }
  return { type: "char", char, end: at + 6 };
}

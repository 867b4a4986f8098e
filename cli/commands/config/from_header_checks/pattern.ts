/**
 * Reads an expression of a table: `!/expression/flags`.
 *
 * @module
 */

import type { SourceLine } from "../conversion/report.ts";

/** How Postfix reads a table. */
export type TableType = "regexp" | "pcre";

/** An expression as it is written. */
export interface TablePattern {
  /** The text between the slashes. */
  readonly source: string;
  /** The letters behind them. */
  readonly flags: string;
  /** Whether it is negated: it is true of what does not match. */
  readonly negated: boolean;
  /** Whose dialect it has. */
  readonly type: TableType;
  /** Where it is written. */
  readonly place: SourceLine;
}

/** The flags of each kind of table. */
const FLAGS: Readonly<Record<TableType, string>> = { regexp: "imx", pcre: "imsxAEUX" };

/**
 * Reads the expression at the start of a text.
 *
 * @param text the text
 * @param type whose dialect it has
 * @param place where it is written
 * @param ignored called with the reason if Postfix ignores the line
 * @returns the expression, and what follows it; undefined if Postfix ignores the line
 */
export function readTablePattern(
  text: string,
  type: TableType,
  place: SourceLine,
  ignored: (reason: string) => undefined,
): readonly [pattern: TablePattern, rest: string] | undefined {
  const [begin, marks = "", delimiter = ""] = /^([!\s]*)([^!\s])/.exec(text) ?? [];
  if (begin === undefined) return ignored("it has no expression");
  let end = begin.length;
  while (end < text.length && text[end] !== delimiter) end += text[end] === "\\" ? 2 : 1;
  if (end >= text.length) return ignored(`its expression has no ${delimiter} at its end`);
  const [, flags = "", rest = ""] = (type === "regexp" ? /^([^\s!]*)(.*)$/s : /^(\S*)(.*)$/s)
    .exec(text.slice(end + 1)) ?? [];
  const unknown = [...flags].find((flag) => !FLAGS[type].includes(flag));
  if (unknown !== undefined) return ignored(`${type}: tables have no flag ${unknown}`);
  return [{
    source: text.slice(begin.length, end),
    flags,
    negated: marks.replaceAll(/\s/g, "").length % 2 === 1,
    type,
    place,
  }, rest];
}

/**
 * Reads the expression of a line that has a result. In `regexp:` tables a second one, with `!`, may follow it at once.
 *
 * @returns the expressions, all of which count, and the result
 */
export function readTablePatterns(
  text: string,
  type: TableType,
  place: SourceLine,
  ignored: (reason: string) => undefined,
): readonly [patterns: readonly TablePattern[], result: string] | undefined {
  const [first, rest = ""] = readTablePattern(text, type, place, ignored) ?? [];
  if (first === undefined) return undefined;
  if (type !== "regexp" || !rest.startsWith("!")) return [[first], rest.trim()];
  const [second, result = ""] = readTablePattern(rest, type, place, ignored) ?? [];
  return second && [[first, second], result.trim()];
}

/**
 * Reads the result of a line: text in which `$1`, `${1}` and `$(1)` stand for what groups of the expression matched.
 *
 * @module
 */

import type { TablePattern } from "./pattern.ts";

/** A piece of text, or the number of a group. */
export type ResultPiece = string | number;

const REFERENCE = /\$(?:(\$)|\{([^}]*)(\}?)|\(([^)]*)(\)?)|(\w+)|)/g;

/**
 * Reads a result.
 *
 * @param text the text
 * @param patterns the expressions of the line
 * @param ignored called with the reason if Postfix ignores the line
 * @returns its pieces; undefined if Postfix ignores the line
 */
export function readResult(
  text: string,
  patterns: readonly TablePattern[],
  ignored: (reason: string) => undefined,
): readonly ResultPiece[] | undefined {
  const pieces: ResultPiece[] = [];
  let end = 0;
  for (const match of text.matchAll(REFERENCE)) {
    const [all, dollar, braced, brace, inParentheses, parenthesis, bare] = match;
    pieces.push(text.slice(end, match.index));
    end = match.index + all.length;
    if (dollar !== undefined) {
      pieces.push("$");
      continue;
    }
    const name = braced ?? inParentheses ?? bare;
    if (name === undefined) return ignored("a dollar that stands for itself is written $$");
    if (brace === "" || parenthesis === "") return ignored(`${all} has no end`);
    if (!/^\d+$/.test(name)) {
      return ignored(`${all} is not the number of a group; write \${1} before a letter`);
    }
    if (patterns[0]?.negated) return ignored(`${all} has no value where the expression does not match`);
    if (Number(name) < 1) return ignored("groups have numbers from 1");
    pieces.push(Number(name));
  }
  return [...pieces, text.slice(end)].filter((piece) => piece !== "");
}

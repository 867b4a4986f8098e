/**
 * Reads the lines of Postfix tables: a line that begins with white space continues the previous one, and `#` begins a
 * comment only at the start of a line.
 *
 * @module
 */

import type { ListLine } from "./list_content.ts";

/** A line with its continuation lines, without white space at either end. */
export interface LogicalLine extends ListLine {
  /** Whether it begins with white space, but continues nothing: Postfix ignores it. */
  readonly isStray: boolean;
}

/** White space at the end of a line, as C defines it. */
const TRAILING = /[ \t\v\f\r]+$/;

/**
 * The lines that are neither empty nor comments. White space between a line and its continuation stays.
 *
 * @param text the text of the file
 */
export function* logicalLines(text: string): Generator<LogicalLine> {
  let line: ListLine | undefined;
  let number = 0;
  for (let begin = 0; begin < text.length;) {
    const found = text.indexOf("\n", begin);
    const end = found < 0 ? text.length : found;
    const raw = text.slice(begin, end);
    begin = end + 1;
    number++;
    if (/^\s*(?:#|$)/.test(raw)) continue;
    if (line !== undefined && /^\s/.test(raw)) line = { ...line, text: line.text + raw };
    else {
      if (line !== undefined) yield trimmed(line);
      line = { line: number, text: raw };
    }
  }
  if (line !== undefined) yield trimmed(line);
}

function trimmed({ line, text }: ListLine): LogicalLine {
  return { line, text: text.trimStart().replace(TRAILING, ""), isStray: /^\s/.test(text) };
}

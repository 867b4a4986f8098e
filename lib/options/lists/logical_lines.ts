/**
 * Reads the lines of Postfix's tables: one that begins with white space continues the line before it, and `#` begins a
 * comment only at the start of a line.
 *
 * @module
 */

import type { ListLine } from "./list_content.ts";

/**
 * The lines that are neither empty nor comments.
 *
 * @param text the text of the file
 */
export function* logicalLines(text: string): Generator<ListLine> {
  let line: ListLine | undefined;
  let number = 0;
  for (let begin = 0; begin < text.length;) {
    const found = text.indexOf("\n", begin);
    const end = found < 0 ? text.length : found;
    const raw = text.slice(begin, end).trimEnd();
    begin = end + 1;
    number++;
    if (/^\s*(?:#|$)/.test(raw)) continue;
    if (line !== undefined && /^\s/.test(raw)) line = { ...line, text: `${line.text} ${raw.trim()}` };
    else {
      if (line !== undefined) yield line;
      line = { line: number, text: raw.trim() };
    }
  }
  if (line !== undefined) yield line;
}

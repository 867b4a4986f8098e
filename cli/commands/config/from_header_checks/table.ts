/**
 * Reads tables of Postfix that `header_checks(5)` names, `regexp_table(5)` and `pcre_table(5)`, line by line as Postfix
 * reads them: what it ignores is ignored, with a note.
 *
 * @module
 */

import { type LogicalLine, logicalLines } from "../../../../lib/options/lists/logical_lines.ts";
import type { Report, SourceLine } from "../conversion/report.ts";
import { readTablePattern, readTablePatterns, type TablePattern, type TableType } from "./pattern.ts";
import { readResult, type ResultPiece } from "./result_text.ts";

/** A table. */
export interface CheckTable {
  /** How Postfix reads it. */
  readonly type: TableType;
  /** Its path. */
  readonly file: string;
  /** What is in it. */
  readonly text: string;
}

/** A line of a table that matches fields. */
export interface TableEntry {
  /** Where it begins. */
  readonly place: SourceLine;
  /** What a field must match, or not, for the conditions around it. */
  readonly around: readonly TablePattern[];
  /** What it must match, or not, for the line itself; the first one has the groups. */
  readonly patterns: readonly TablePattern[];
  /** What Postfix is to do. */
  readonly result: readonly ResultPiece[];
}

/**
 * Reads a table.
 *
 * @param table the table
 * @param report receives what Postfix ignores
 */
export function readTable(table: CheckTable, report: Report): readonly TableEntry[] {
  const { type, file, text } = table;
  const entries: TableEntry[] = [];
  const open: TablePattern[] = [];
  for (const line of logicalLines(text)) {
    const place = { file, line: line.line };
    const ignored = (reason: string): undefined => {
      report.note(place, `Postfix ignores this line: ${reason}. It is left out here`);
    };
    const word = statementOf(line);
    if (line.isStray) ignored("it begins with white space, so it would continue a line before it");
    else if (word === "endif") {
      if (open.pop() === undefined) ignored("there is no if before it");
      else if (line.text.length > "endif".length) noteMore(report, place, line.text.slice("endif".length));
    } else if (word === "if") {
      const [pattern, rest = ""] =
        readTablePattern(line.text.slice("if".length).trimStart(), type, place, ignored) ??
          [];
      if (pattern !== undefined) open.push(pattern);
      if (rest.trim() !== "") noteMore(report, place, rest);
    } else if (/^[A-Za-z0-9]/.test(line.text)) {
      ignored("want an expression between slashes, if or endif");
    } else {
      const [patterns, text = ""] = readTablePatterns(line.text, type, place, ignored) ?? [];
      const result = patterns && readResult(text, patterns, ignored);
      if (patterns && result) entries.push({ place, around: [...open], patterns, result });
    }
  }
  for (const { place } of open) {
    report.note(place, "Postfix finds no endif for this if, which therefore is for the rest of the table");
  }
  return entries;
}

/** The word that a line begins with, if it is one of a condition. */
function statementOf({ text }: LogicalLine): "if" | "endif" | undefined {
  const [, word] = /^(if|endif)(?![A-Za-z0-9])/i.exec(text) ?? [];
  return word?.toLowerCase() as "if" | "endif" | undefined;
}

/** Text behind a condition is mostly a line that was indented. */
function noteMore(report: Report, place: SourceLine, text: string): void {
  report.note(
    place,
    `Postfix ignores "${text.trim()}" in this line: a line that begins with white space continues the one before it`,
  );
}

/**
 * Checks that all error classes have the same shape: a name for people, a code for programs, and the offending value.
 *
 * @module
 */

import type { SourceFile } from "./source.ts";

const ERROR_CLASS = /^(?:export )?class (\w+Error) extends (\w*Error)\b[^{]*\{(.*?)^\}/gms;
const BUILT_IN = /^(?:Type|Range|Syntax)?Error$/;
const PARTS = ["name", "code", "value"];

/** A line for each class of errors that lacks a part of the shape. */
export function errorProblems(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, code }) =>
    [...code.matchAll(ERROR_CLASS)].flatMap(([, name, base = "", body = ""]) => {
      const missing = PARTS.filter((part) =>
        !new RegExp(`^  (?:override )?readonly ${part}\\b`, "m").test(body)
      );
      return BUILT_IN.test(base) && missing.length > 0
        ? [`${path}: ${name} has no ${missing.join(", no ")}`]
        : [];
    })
  );
}

/**
 * One shape for all errors: a name for people and a code for programs. (That the offending value is there too, where
 * there is one, is for people to see.)
 *
 * @module
 */

import type { SourceFile } from "./source.ts";

const ERROR_CLASS = /^export class (\w+Error) extends (\w*Error)\b[^{]*\{(.*?)^\}/gms;

/** A line for each class of errors that lacks a part of the shape. */
export function errorProblems(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, code }) =>
    [...code.matchAll(ERROR_CLASS)].flatMap(([, name, base, body = ""]) => {
      const missing = ["name", "code"].filter((field) => !new RegExp(`^  .*\\b${field}\\b`, "m").test(body));
      return base === "Error" && missing.length > 0
        ? [`${path}: ${name} has no ${missing.join(", no ")}`]
        : [];
    })
  );
}

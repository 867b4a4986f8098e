/**
 * What a file imports, seen from outside: to watch it, and to say where an import stands that cannot be carried out.
 *
 * The text is searched, not parsed: what only looks like an import may be found as well. Nothing is decided by it.
 *
 * @module
 */

import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { pathOf, type Place, placeAt } from "./place.ts";

/** An import as it is written. */
export interface WrittenImport {
  /** What is imported. */
  readonly specifier: string;
  /** Where the specifier stands. */
  readonly place: Place;
  /** What stands between `import` and the specifier, such as `{ reject } from`. */
  readonly clause: string;
  /** Where a name stands in the clause; undefined where it does not. */
  placeOf(name: string): Place | undefined;
}

const IMPORT =
  /\b(?:import|export)\b([^"'`;]*?\bfrom|)\s*(["'])([^"'\n]+)\2|\b(?:import|require)\s*\(\s*(["'`])([^"'`\n$]+)\4/g;
/** Lines that are comments, which keep their length so that places stay what they are. */
const COMMENT_LINE = /^[ \t]*(?:\/\/|\/?\*).*$/gm;
/** How a specifier may be shortened; Bun tries these. */
const ENDINGS = ["", ".ts", ".mts", ".js", ".mjs", ".tsx", ".json", "/index.ts", "/index.js"];

/** The imports of a file; none where it cannot be read. */
export function importsOf(file: string): WrittenImport[] {
  return importsIn(file, textOf(file));
}

function importsIn(file: string, whole: string): WrittenImport[] {
  const text = whole.replace(COMMENT_LINE, (line) => " ".repeat(line.length));
  return [...text.matchAll(IMPORT)].map((match) => {
    const [whole, clause = "", , outright, , called] = match;
    const specifier = outright ?? called;
    return {
      specifier,
      clause,
      place: placeAt(file, text, match.index + whole.lastIndexOf(specifier) - 1),
      placeOf(name) {
        const own = name === "default" && /^\s*[\w$]/.test(clause);
        // What is imported as the default has a name of the importer's choice.
        const word = own ? /[\w$]/ : new RegExp(`(?<![\\w$])${escaped(name)}(?![\\w$])`);
        const at = clause.search(word);
        return at < 0 ? undefined : placeAt(file, text, match.index + whole.indexOf(clause) + at);
      },
    };
  });
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/**
 * A file, and all that it imports by relative paths, directly or not; also where that is not there.
 *
 * @param file the file
 * @param read gives what a file holds; called once for each that may import others
 */
export function reachableFiles(file: string, read: (file: string) => string = textOf): string[] {
  const found = new Set([file]);
  // A set that grows while it is walked is walked to its end.
  for (const each of found) {
    if (each.endsWith(".json")) continue;
    for (const { specifier } of importsIn(each, read(each))) {
      if (/^(\.{0,2}\/|file:)/.test(specifier)) found.add(targetOf(each, specifier));
    }
  }
  return [...found];
}

/** The file that a relative specifier means. */
export function targetOf(importer: string, specifier: string): string {
  const path = resolve(dirname(importer), pathOf(specifier.replace(/[?#].*$/, "")));
  return ENDINGS.map((ending) => path + ending).find(isFile) ?? path;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** What a file holds; nothing where it cannot be read. */
export function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

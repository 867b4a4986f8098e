/**
 * Finds a file's imports without loading it: to watch the imported files, and to say where a failed import is.
 *
 * The text is searched, not parsed, so text that only looks like an import is found too. Nothing is decided by it.
 *
 * @module
 */

import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { pathOf, type Place, placeAt } from "./place.ts";

/** An import as written in a file. */
export interface WrittenImport {
  /** What is imported. */
  readonly specifier: string;
  /** Where the specifier is. */
  readonly place: Place;
  /** The text between `import` and the specifier, such as `{ reject } from`. */
  readonly clause: string;
  /** The place of a name in the clause; undefined if the clause does not have it. */
  placeOf(name: string): Place | undefined;
}

const IMPORT =
  /\b(?:import|export)\b([^"'`;]*?\bfrom|)\s*(["'])([^"'\n]+)\2|\b(?:import|require)\s*\(\s*(["'`])([^"'`\n$]+)\4/g;
/** Lines that are comments. They are blanked, not removed, so that places stay correct. */
const COMMENT_LINE = /^[ \t]*(?:\/\/|\/?\*).*$/gm;
/** Endings that a specifier may leave out, in the order in which Bun tries them. */
const ENDINGS = ["", ".ts", ".mts", ".js", ".mjs", ".tsx", ".json", "/index.ts", "/index.js"];

/** The imports of a file; none if it cannot be read. */
export function importsOf(file: string): WrittenImport[] {
  return importsIn(file, textOf(file));
}

function importsIn(file: string, whole: string): WrittenImport[] {
  const text = whole.replace(COMMENT_LINE, (line) => " ".repeat(line.length));
  return [...text.matchAll(IMPORT)].map((match) => {
    const [whole, clause = "", , outright, , called = ""] = match;
    const specifier = outright ?? called;
    return {
      specifier,
      clause,
      place: placeAt(file, text, match.index + whole.lastIndexOf(specifier) - 1),
      placeOf(name) {
        const own = name === "default" && /^\s*[\w$]/.test(clause);
        // The importer chooses the name of a default import.
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
 * Lists a file and everything that it imports by relative paths, directly or indirectly, including files that do not
 * exist.
 *
 * @param file the file's absolute path
 * @param read returns the text of a file; called once for each file that may import others
 */
export function reachableFiles(file: string, read: (file: string) => string = textOf): string[] {
  const found = new Set([file]);
  // Iteration includes what is added to the set meanwhile.
  for (const each of found) {
    if (each.endsWith(".json")) continue;
    for (const { specifier } of importsIn(each, read(each))) {
      if (/^(\.{0,2}\/|file:)/.test(specifier)) found.add(targetOf(each, specifier));
    }
  }
  return [...found];
}

/** The absolute path that a relative specifier leads to. */
export function targetOf(importer: string, specifier: string): string {
  const path = resolve(dirname(importer), pathOf(specifier.replace(/[?#].*$/, "")));
  return ENDINGS.map((ending) => path + ending).find(isFile) ?? path;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** The text of a file; empty if it cannot be read. */
export function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

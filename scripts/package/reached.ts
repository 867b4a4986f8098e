/**
 * Finds the source files that a program consists of.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** Imports and re-exports at the beginning of a line, and imports of a literal within one. */
const IMPORT = /^(?:import|export)\b(?:[^;"]*?\sfrom)?\s*"(\.[^"]+)"|\bimport\("(\.[^"]+)"\)/gm;

/**
 * The files that some files import, over however many steps, and they themselves.
 *
 * @param root the folder that the paths are relative to
 * @param entries where to begin
 * @returns their paths, sorted
 * @throws {Error} for an import of a file that there is not
 */
export function reachedFiles(root: string, entries: readonly string[]): string[] {
  const reached = new Set(entries);
  for (const file of reached) {
    // Examples in comments do not count.
    const source = readFileSync(join(root, file), "utf8").replace(/^\s*\/?\*.*$/gm, "");
    for (const [, from, dynamic = ""] of source.matchAll(IMPORT)) {
      reached.add(posix.join(posix.dirname(file), from ?? dynamic));
    }
  }
  return [...reached].sort();
}

/**
 * Reads the source files, with their imports and exports.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const IMPORT = /^(?:import|export)\b(?:[^;"]*?\sfrom)?\s*"([^"]+)"|\bimport\("([^"]+)"\)/gm;
const EXPORT =
  /^export (?:async |abstract |declare )*(?:function\*?|class|const|let|interface|type|enum) +(\w+)/gm;

/** A source file. */
export interface SourceFile {
  /** Its path from the root of the repository. */
  readonly path: string;
  /** Its text without comments, whose examples are no code of the file. */
  readonly code: string;
  /** What it imports, as written. */
  readonly imports: readonly string[];
  /** The names that it exports. */
  readonly exports: readonly string[];
}

/** All files of the product. */
export function sourceFiles(): SourceFile[] {
  return readFiles(["lib", "filters", "cli", "mod.ts"]);
}

/** All files of the tests. */
export function testFiles(): SourceFile[] {
  return readFiles(["tests"]);
}

function readFiles(paths: readonly string[]): SourceFile[] {
  return paths.flatMap(filesBelow).map((path) => {
    const code = readFileSync(join(root, path), "utf8").replace(/^[ \t]*\/?\*.*$/gm, "");
    return {
      path,
      code,
      imports: [...code.matchAll(IMPORT)].map(([, from, dynamic = ""]) => from ?? dynamic),
      exports: [...code.matchAll(EXPORT)].map(([, name = ""]) => name),
    };
  });
}

/** The file that a relative import means. */
export function targetOf(file: string, imported: string): string {
  return posix.join(dirname(file), imported);
}

function filesBelow(path: string): string[] {
  if (path.endsWith(".ts")) return [path];
  return readdirSync(join(root, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

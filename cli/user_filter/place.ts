/**
 * Places in files, as compilers write them: `./my-filter.ts:3:20`.
 *
 * @module
 */

import { isAbsolute, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** A place in a file. */
export interface Place {
  /** The file's path, absolute. */
  readonly file: string;
  /** From 1, where it is known. */
  readonly line?: number | undefined;
  /** From 1, where it is known. */
  readonly column?: number | undefined;
}

/** A place in text: seen from the folder at hand where that is shorter. */
export function showPlace({ file, line, column }: Place): string {
  return [showFile(file), line, line === undefined ? undefined : column]
    .filter((part) => part !== undefined).join(":");
}

/** A file's path, seen from the folder at hand where that is shorter. */
export function showFile(file: string): string {
  const seen = relative(process.cwd(), file);
  return seen === "" || seen.startsWith("..") || isAbsolute(seen) ? file : `./${seen}`;
}

/** The place of an offset in a file's text. */
export function placeAt(file: string, text: string, offset: number): Place {
  const before = text.slice(0, offset);
  return { file, line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

/** A path or a file URL as a path; a URL that is none of this machine stays as it is. */
export function pathOf(text: string): string {
  if (!text.startsWith("file:")) return text;
  try {
    return fileURLToPath(text);
  } catch {
    return text;
  }
}

/** Where this program's own code is, which is no place that a user wants to be shown. */
const OWN_CODE = import.meta.url.includes("/$bunfs/")
  ? ["/$bunfs/"]
  : ["lib/", "cli/", "filters/", "mod.ts", "node_modules/"].map((path) =>
    fileURLToPath(new URL(`../../${path}`, import.meta.url))
  );

/** The place that a line of a stack names; undefined where that is this program's, or the runtime's own. */
export function placeInStack(line: string): Place | undefined {
  const [, text, row, column] = /(?:^|[\s(])((?:file:\/\/)?\/[^():]+):(\d+):(\d+)\)?$/.exec(line.trim()) ??
    [];
  if (text === undefined) return undefined;
  const file = pathOf(text);
  if (OWN_CODE.some((own) => file.startsWith(own))) return undefined;
  return { file, line: Number(row), column: Number(column) };
}

/** The first place of an error's stack that is a user's. */
export function placeOfThrow(error: unknown): Place | undefined {
  if (!(error instanceof Error)) return undefined;
  for (const line of (error.stack ?? "").split("\n")) {
    const place = /^\s*at /.test(line) ? placeInStack(line) : undefined;
    if (place) return place;
  }
}

/**
 * Places in files, written as compilers do: `./my-filter.ts:3:20`.
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
  /** From 1; undefined if unknown. */
  readonly line?: number | undefined;
  /** From 1; undefined if unknown. */
  readonly column?: number | undefined;
}

/** Formats a place, with the path as {@linkcode showFile} shows it. */
export function showPlace({ file, line, column }: Place): string {
  return [showFile(file), line, line === undefined ? undefined : column]
    .filter((part) => part !== undefined).join(":");
}

/** Formats a path: relative to the current folder if the file is in it, otherwise absolute. */
export function showFile(file: string): string {
  const seen = relative(process.cwd(), file);
  return seen === "" || seen.startsWith("..") || isAbsolute(seen) ? file : `./${seen}`;
}

/**
 * Converts an offset to a place.
 *
 * @param file the file's absolute path
 * @param text its text
 * @param offset from 0, in characters
 */
export function placeAt(file: string, text: string, offset: number): Place {
  const before = text.slice(0, offset);
  return { file, line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

/** Converts a file URL to a path. A path, and a URL that has no path on this machine, is returned unchanged. */
export function pathOf(text: string): string {
  if (!text.startsWith("file:")) return text;
  try {
    return fileURLToPath(text);
  } catch {
    return text;
  }
}

/** Where this program's own code is: never the place of a mistake in a user's file. */
const OWN_CODE = import.meta.url.includes("/$bunfs/")
  ? ["/$bunfs/"]
  : ["lib/", "cli/", "filters/", "mod.ts", "node_modules/"].map((path) =>
    fileURLToPath(new URL(`../../${path}`, import.meta.url))
  );

/** The place in a line of a stack; undefined if it is in this program or in the runtime. */
export function placeInStack(line: string): Place | undefined {
  const [, text, row, column] = /(?:^|[\s(])((?:file:\/\/)?\/[^():]+):(\d+):(\d+)\)?$/.exec(line.trim()) ??
    [];
  if (text === undefined) return undefined;
  const file = pathOf(text);
  if (OWN_CODE.some((own) => file.startsWith(own))) return undefined;
  return { file, line: Number(row), column: Number(column) };
}

/** The first place in an error's stack that is in a user's file. */
export function placeOfThrow(error: unknown): Place | undefined {
  if (!(error instanceof Error)) return undefined;
  for (const line of (error.stack ?? "").split("\n")) {
    const place = /^\s*at /.test(line) ? placeInStack(line) : undefined;
    if (place) return place;
  }
}

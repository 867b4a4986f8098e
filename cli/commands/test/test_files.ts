/**
 * Finds files with tests.
 *
 * @module
 */

import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

/** The names that the runtimes take for tests. */
const TEST_FILE = /[._](?:test|spec)\.[cm]?[jt]sx?$/;

/**
 * The absolute paths of the files with tests.
 *
 * @param places files, and folders to search; the current folder if there are none
 */
export function testFiles(places: readonly string[]): string[] {
  return (places.length === 0 ? ["."] : places).flatMap((place) => {
    const path = resolve(place);
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? filesBelow(path) : [path];
  });
}

function filesBelow(folder: string): string[] {
  return entriesOf(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return /^(?:node_modules$|\.)/.test(entry.name) ? [] : filesBelow(path);
    return TEST_FILE.test(entry.name) ? [path] : [];
  });
}

/** A folder may go, or be closed to us, while others are read. */
function entriesOf(folder: string): ReturnType<typeof readFolder> {
  try {
    return readFolder(folder);
  } catch {
    return [];
  }
}

function readFolder(folder: string) {
  return readdirSync(folder, { withFileTypes: true }).sort((a, b) => a.name < b.name ? -1 : 1);
}

/**
 * The names of files in archives, and of files without one.
 *
 * @module
 */

import { fileNameOf } from "../../lib/mime/file_name.ts";

/** The name for a file without one, in patterns and notes. */
export const UNNAMED = "unnamed";

/**
 * The names that programs may give to a file from an archive, without its folders: RAR appends a version to old ones,
 * and what is behind a colon is another stream of the same file for Windows.
 *
 * @param path the path in the archive
 */
export function namesOfPath(path: string): string[] {
  // A slash at the end makes it a folder.
  const name = /[/\\]$/.test(path) ? undefined : fileNameOf(path);
  if (name === undefined) return [];
  const plain = fileNameOf(name.replace(/(?:;\d+|:[^:]*(?::\$data)?)$/i, ""));
  return plain === undefined || plain === name ? [name] : [name, plain];
}

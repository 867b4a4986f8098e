/**
 * The names of files in archives.
 *
 * @module
 */

import { fileNameOf } from "../../lib/mime/file_name.ts";

/**
 * The names that programs may give to a file from an archive, without its folders: RAR appends a version to old ones, and
 * what is behind a colon is another stream of the same file for Windows.
 *
 * @param path the path that the archive says
 */
export function namesOfPath(path: string): string[] {
  const name = fileNameOf(path);
  if (name === undefined) return [];
  const plain = fileNameOf(name.replace(/(?:;\d+|:[^:]*(?::\$data)?)$/i, ""));
  return plain === undefined || plain === name ? [name] : [name, plain];
}

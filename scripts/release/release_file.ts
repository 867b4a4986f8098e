/**
 * Files in an archive or a package.
 *
 * @module
 */

/** A file in an archive or a package. */
export interface ReleaseFile {
  /** Its relative path, with slashes. */
  readonly path: string;
  /** Its contents. */
  readonly bytes: Uint8Array;
  /** Whether it is executable. */
  readonly executable?: boolean;
}

/** Creates a text file. */
export function textFile(path: string, text: string): ReleaseFile {
  return { path, bytes: new TextEncoder().encode(text) };
}

/** Sorts files by path, so that archives do not depend on the order in which files were found. */
export function sorted(files: readonly ReleaseFile[]): ReleaseFile[] {
  return [...files].sort((a, b) => a.path < b.path ? -1 : 1);
}

/**
 * Files of an archive or a package.
 *
 * @module
 */

/** One of them. */
export interface ReleaseFile {
  /** Where it goes, relative and with slashes. */
  readonly path: string;
  /** What is in it. */
  readonly bytes: Uint8Array;
  /** Whether it is a program. */
  readonly executable?: boolean;
}

/** A file with a text. */
export function textFile(path: string, text: string): ReleaseFile {
  return { path, bytes: new TextEncoder().encode(text) };
}

/** Sorted by path, so that archives do not depend on the order in which files were found. */
export function sorted(files: readonly ReleaseFile[]): ReleaseFile[] {
  return [...files].sort((a, b) => a.path < b.path ? -1 : 1);
}

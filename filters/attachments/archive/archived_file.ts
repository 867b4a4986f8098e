/**
 * What the reader of an archive returns.
 *
 * @module
 */

import type { Source } from "./source.ts";

/** A file in an archive. */
export interface ArchivedFile {
  /** Its name, with the folders given in the archive. */
  readonly name: string;
  /** The first bytes of its content; none if it cannot be read, or is empty. */
  readonly head: Uint8Array;
  /** Whether its content is encrypted. */
  readonly isEncrypted: boolean;
  /**
   * Its content; undefined if it is encrypted, or packed with an unsupported method. Read it before requesting the next
   * file.
   */
  open?(): Source | Promise<Source>;
}

/** Lists the files in an archive, one by one. Folders are left out. */
export type ArchiveFiles = AsyncGenerator<ArchivedFile, void, undefined>;

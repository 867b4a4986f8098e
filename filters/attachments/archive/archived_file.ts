/**
 * What the reader of one archive tells of it.
 *
 * @module
 */

import type { Source } from "./source.ts";

/** A file in an archive. */
export interface ArchivedFile {
  /** Its name, with the folders that the archive says. */
  readonly name: string;
  /** The first bytes of its content; none if it cannot be read, or is empty. */
  readonly head: Uint8Array;
  /** Whether its content is encrypted. */
  readonly isEncrypted: boolean;
  /**
   * Its content; undefined if it is encrypted, or packed in a way that is not read. Read it before the next file is asked
   * for.
   */
  open?(): Source | Promise<Source>;
}

/** Lists the files in an archive, one after the other. Folders are left out. */
export type ArchiveFiles = AsyncGenerator<ArchivedFile, void, undefined>;

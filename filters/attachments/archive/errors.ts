/**
 * Why an archive, or the rest of it, is not listed.
 *
 * @module
 */

/** An archive that is damaged or of an unsupported kind. */
export class UnreadableArchiveError extends Error {
  override readonly name = "UnreadableArchiveError";
  /** Always `unreadable-archive`. */
  readonly code = "unreadable-archive";
  /** What is wrong, in a few words. */
  readonly value: string;

  /** @param reason what is wrong, in a few words that follow "the archive" */
  constructor(reason: string) {
    super(`Cannot list an archive: it ${reason}`);
    this.value = reason;
  }
}

/** A file that is named like a zip file but has no directory of one. */
export class NoZipError extends UnreadableArchiveError {
  /** Says that there is no directory. */
  constructor() {
    super("has no directory");
  }
}

/** Listing the archives of a message exceeds a limit. */
export class ArchiveLimitError extends Error {
  override readonly name = "ArchiveLimitError";
  /** Always `archive-limit`. */
  readonly code = "archive-limit";
  /** Which limit, in a few words. */
  readonly value: string;

  /** @param reason which limit, in a few words */
  constructor(reason: string) {
    super(`Stopped listing archives: ${reason}`);
    this.value = reason;
  }
}

/**
 * Why an archive, or the rest of it, is not listed.
 *
 * @module
 */

/** An archive that is damaged, or of a kind that is not read. */
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

/** Listing the archives of a message takes more than it may. */
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

/**
 * What listing the archives of one message may cost, and what it has cost so far.
 *
 * @module
 */

import { ArchiveLimitError } from "./errors.ts";

/** The limits of one message. */
export interface ArchiveLimits {
  /** How deep archives may be nested. 1: archives are listed, those in them are not. */
  readonly depth: number;
  /** The maximum number of files in all archives of a message. */
  readonly files: number;
  /** The maximum number of bytes that are read or unpacked, at all depths together. */
  readonly bytes: number;
}

/**
 * Counts what the archives of one message cost, for all of them together: what is cheap once may occur a thousand
 * times.
 */
export class Effort {
  readonly #limits: ArchiveLimits;
  #files = 0;
  #bytes = 0;

  /** @param limits what it may cost */
  constructor(limits: ArchiveLimits) {
    this.#limits = limits;
  }

  /** How deep archives may be nested. */
  get depth(): number {
    return this.#limits.depth;
  }

  /**
   * Counts bytes that were read or unpacked.
   *
   * @throws {ArchiveLimitError} if they are more than allowed
   */
  spend(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#limits.bytes) {
      throw new ArchiveLimitError(`more than ${this.#limits.bytes} bytes to read and unpack`);
    }
  }

  /**
   * Checks how many more files there may be, before the list of them takes memory. They are not counted yet.
   *
   * @param count how many an archive says that it has
   * @throws {ArchiveLimitError} if they are more than allowed
   */
  expectFiles(count: number): void {
    if (this.#files + count > this.#limits.files) throw this.#tooManyFiles();
  }

  /**
   * Counts a file in an archive.
   *
   * @throws {ArchiveLimitError} if there are more than allowed
   */
  countFile(): void {
    if (++this.#files > this.#limits.files) throw this.#tooManyFiles();
  }

  #tooManyFiles(): ArchiveLimitError {
    return new ArchiveLimitError(`more than ${this.#limits.files} files in archives`);
  }
}

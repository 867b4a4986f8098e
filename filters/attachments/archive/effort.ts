/**
 * What listing the archives of one message may cost, and what it has cost so far.
 *
 * @module
 */

import { ArchiveLimitError } from "./errors.ts";

/** The limits of one message. */
export interface ArchiveLimits {
  /** How many archives may be inside one another. 1: archives are listed, those in them are not. */
  readonly depth: number;
  /** The most files in all archives of a message. */
  readonly files: number;
  /** The most bytes that are read or unpacked, at all depths together. */
  readonly bytes: number;
}

/**
 * Counts what the archives of one message cost. One for all of them, since what is cheap once may be there a thousand
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

  /** How many archives may be inside one another. */
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
   * Counts a file in an archive.
   *
   * @throws {ArchiveLimitError} if there are more than allowed
   */
  countFile(): void {
    if (++this.#files > this.#limits.files) {
      throw new ArchiveLimitError(`more than ${this.#limits.files} files in archives`);
    }
  }
}

/**
 * The first bytes of the files in a zip file.
 *
 * @module
 */

import type { Effort } from "./effort.ts";
import { ArchiveLimitError } from "./errors.ts";
import { inflateHead } from "./inflate_head.ts";
import { HEAD_OF_ALL_KINDS } from "./kinds.ts";
import type { Seekable } from "./seekable.ts";

/** How much of a file's packed bytes is unpacked first. */
const PACKED_HEAD = 512;
/** Unless so many bytes come of it, more is unpacked: blocks without content may be in front. */
const ENOUGH = 1024;
/** No program needs so many packed bytes for {@linkcode ENOUGH}. */
const MOST_PACKED = 64 * 1024;
/** What a block costs beside its bytes: reading its codes takes as long as unpacking so many. */
const BLOCK_COST = 1024;

/** Where the content of a file is. */
export interface PackedContent {
  /** Its position in the zip file. */
  readonly at: number;
  /** How many bytes it has. */
  readonly packed: number;
  /** Whether it is deflated; otherwise it is stored as it is. */
  readonly isDeflated: boolean;
}

/** Unpacks the first bytes, once for files that share them. */
export class ZipHeads {
  readonly #zip: Seekable;
  readonly #effort: Effort;
  #last: PackedContent & { readonly head: Uint8Array } | undefined;

  /**
   * @param zip the zip file
   * @param effort counts what is unpacked
   */
  constructor(zip: Seekable, effort: Effort) {
    this.#zip = zip;
    this.#effort = effort;
  }

  /**
   * The first bytes of a file.
   *
   * @throws {ArchiveLimitError} if they cost too much
   */
  async read({ at, packed, isDeflated }: PackedContent): Promise<Uint8Array> {
    const last = this.#last;
    if (last?.at === at && last.packed === packed && last.isDeflated === isDeflated) return last.head;
    const head = isDeflated
      ? await this.#unpacked(at, packed)
      : await this.#zip.read(at, Math.min(packed, ENOUGH));
    this.#last = { at, packed, isDeflated, head };
    return head;
  }

  async #unpacked(at: number, packed: number): Promise<Uint8Array> {
    for (let length = PACKED_HEAD; length <= MOST_PACKED; length *= 2) {
      const content = await this.#zip.read(at, Math.min(packed, length));
      const { bytes, blocks, isCutOff } = inflateHead(content, HEAD_OF_ALL_KINDS);
      this.#effort.spend(bytes.length + blocks * BLOCK_COST);
      if (!isCutOff || bytes.length >= ENOUGH || content.length < length) return bytes;
    }
    throw new ArchiveLimitError(
      `a file with more than ${MOST_PACKED} packed bytes before its first ${ENOUGH}`,
    );
  }
}

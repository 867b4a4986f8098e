/**
 * Reads a source at any position: small ones are kept in memory, large ones are read again.
 *
 * @module
 */

import { concatenated } from "../../../lib/message/text.ts";
import { Cursor } from "./cursor.ts";
import type { Effort } from "./effort.ts";
import { slice, type Source, sourceOf } from "./source.ts";

/** How much of a source is kept in memory, in bytes; a smaller one is kept whole. */
const KEPT = 512 * 1024;
/** How much of the end of a larger one is kept: enough for the directory of most zip files. */
const TAIL = 128 * 1024;
/** A distance up to which reading skips ahead; to reach anything further, the source is opened there. */
const NEAR = 256 * 1024;
const NOTHING: Uint8Array = new Uint8Array(0);

/** A source whose size is known. Close it. */
export class Seekable {
  readonly #source: Source;
  readonly #effort: Effort;
  /** How many bytes it has. */
  readonly size: number;
  /** The last bytes, or all. */
  readonly #tail: Uint8Array;
  #cursor: Cursor | undefined;
  #last = { at: 0, bytes: NOTHING };

  private constructor(source: Source, effort: Effort, size: number, tail: Uint8Array) {
    this.#source = source;
    this.#effort = effort;
    this.size = size;
    this.#tail = tail;
  }

  /**
   * Reads a source once, to learn its size and its end.
   *
   * @param source what to read
   * @param effort counts the bytes
   */
  static async load(source: Source, effort: Effort): Promise<Seekable> {
    const cursor = new Cursor(source, effort);
    try {
      const pieces: Uint8Array[] = [];
      let kept = 0;
      for (;;) {
        const bytes = await cursor.some(KEPT);
        if (bytes.length === 0) break;
        pieces.push(bytes);
        kept += bytes.length;
        const most = cursor.position <= KEPT ? KEPT : TAIL;
        while (pieces[0] !== undefined && kept - pieces[0].length >= most) kept -= pieces.shift()!.length;
      }
      return new Seekable(source, effort, cursor.position, concatenated(pieces));
    } finally {
      await cursor.close();
    }
  }

  /**
   * Bytes at a position; fewer at the end. Ascending positions are read in one pass, even if they overlap with the last
   * read.
   *
   * @param at the position of the first byte, 0 or more
   * @param length how many; the caller bounds it
   */
  async read(at: number, length: number): Promise<Uint8Array> {
    const inTail = at - (this.size - this.#tail.length);
    if (inTail >= 0) return this.#tail.subarray(inTail, inTail + length);
    const again = this.#readAgain(at, length);
    if (again.length === length) return again;
    const bytes = concatenated([again, await this.#readOn(at + again.length, length - again.length)]);
    this.#last = { at, bytes };
    return bytes;
  }

  /** The requested bytes that were part of the last read. */
  #readAgain(at: number, length: number): Uint8Array {
    const { at: start, bytes } = this.#last;
    return at < start ? NOTHING : bytes.subarray(at - start, at - start + length);
  }

  async #readOn(at: number, length: number): Promise<Uint8Array> {
    const ahead = this.#cursor === undefined ? -1 : at - this.#cursor.position;
    if (ahead >= 0 && ahead < NEAR) {
      await this.#cursor!.skip(ahead);
    } else {
      await this.#cursor?.close();
      this.#cursor = new Cursor(this.#source, this.#effort, at);
    }
    return await this.#cursor!.read(length);
  }

  /**
   * A stretch of it as a source of its own.
   *
   * @param at the position of the first byte
   * @param length how many bytes
   */
  async slice(at: number, length: number): Promise<Source> {
    return length <= KEPT ? sourceOf(await this.read(at, length)) : slice(this.#source, at, length);
  }

  /** Closes the source. */
  async close(): Promise<void> {
    await this.#cursor?.close();
  }
}

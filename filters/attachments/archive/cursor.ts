/**
 * Reads a source from its beginning to its end, in pieces of any size.
 *
 * @module
 */

import type { Effort } from "./effort.ts";
import type { Source } from "./source.ts";

const NOTHING = new Uint8Array(0);

/** A position in a source that only moves forward. Close it. */
export class Cursor {
  readonly #effort: Effort;
  readonly #chunks: AsyncIterator<Uint8Array>;
  /** Bytes that were read but are still ahead of the position. */
  #ahead: Uint8Array = NOTHING;
  #position: number;
  #ended = false;

  /**
   * @param source what to read
   * @param effort counts the bytes that are read
   * @param from where it begins
   */
  constructor(source: Source, effort: Effort, from = 0) {
    this.#effort = effort;
    this.#position = from;
    this.#chunks = source.open(from)[Symbol.asyncIterator]();
  }

  /** The position in the source: how many bytes are before it. */
  get position(): number {
    return this.#position;
  }

  /**
   * The next bytes: at least one unless the source ends here.
   *
   * @param most the maximum number of bytes
   */
  async some(most: number): Promise<Uint8Array> {
    while (this.#ahead.length === 0) {
      if (!await this.#fill()) return NOTHING;
    }
    const bytes = this.#ahead.subarray(0, most);
    this.#ahead = this.#ahead.subarray(bytes.length);
    this.#position += bytes.length;
    return bytes;
  }

  /**
   * The next bytes in one piece; fewer only if the source ends.
   *
   * @param length how many; the caller bounds it
   */
  async read(length: number): Promise<Uint8Array> {
    const first = await this.some(length);
    if (first.length === length || first.length === 0) return first;
    const whole = new Uint8Array(length);
    whole.set(first);
    let filled = first.length;
    while (filled < length) {
      const bytes = await this.some(length - filled);
      if (bytes.length === 0) return whole.subarray(0, filled);
      whole.set(bytes, filled);
      filled += bytes.length;
    }
    return whole;
  }

  /** Moves forward without keeping the bytes; to the end if there are fewer. */
  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) {
      const { length: passed } = await this.some(left);
      if (passed === 0) return;
      left -= passed;
    }
  }

  /** Closes the source. */
  async close(): Promise<void> {
    this.#ended = true;
    this.#ahead = NOTHING;
    await this.#chunks.return?.();
  }

  async #fill(): Promise<boolean> {
    if (this.#ended) return false;
    const next = await this.#chunks.next();
    if (next.done) {
      this.#ended = true;
      return false;
    }
    this.#effort.spend(next.value.length);
    this.#ahead = next.value;
    return true;
  }
}

/**
 * Keeps the beginning of a line whose end has not arrived yet.
 *
 * @module
 */

import { NO_BYTES } from "../transfer/decoder.ts";

/** The beginning of a line. */
export class LineBuffer {
  #bytes = NO_BYTES;
  #length = 0;

  /** How many bytes there are. */
  get length(): number {
    return this.#length;
  }

  /** Appends bytes. */
  push(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(256, 2 * this.#bytes.length, length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }

  /** Removes and returns the bytes. */
  take(): Uint8Array {
    const bytes = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return bytes;
  }
}

/**
 * Finds lines of a body that are longer than an MTA delivers.
 *
 * @module
 */
import { CR, LF } from "../../lib/auth/bytes.ts";

/** Looks for a long line in a body that comes in chunks, split anywhere. */
export class LongLines {
  readonly #limit: number;
  /** The bytes of the line that is not complete. */
  #pending = 0;
  #endsWithCr = false;
  #found = false;

  /** @param limit the maximum number of bytes of a line, without its CRLF */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether there is one so far. An unfinished line counts once no line end could make it short enough. */
  get found(): boolean {
    return this.#found || this.#pending - (this.#endsWithCr ? 1 : 0) > this.#limit;
  }

  /** Takes a chunk. It does not look at every line: it is enough that there is a line end in each stretch of the limit. */
  push(chunk: Uint8Array): void {
    if (this.#found || chunk.length === 0) return;
    let start = -this.#pending;
    for (;;) {
      // The line that begins at `start` must have its LF here at the latest, after a CR.
      const latest = start + this.#limit + 1;
      if (latest >= chunk.length) break;
      const end = chunk.lastIndexOf(LF, latest);
      if (latest < 0 || end < 0 || end < start || (end === latest && this.#isLong(chunk, start, end))) {
        this.#found = true;
        return;
      }
      start = end + 1;
    }
    const last = chunk.lastIndexOf(LF);
    if (last >= Math.max(start, 0)) start = last + 1;
    this.#pending = chunk.length - start;
    this.#endsWithCr = this.#pending > 0 && chunk[chunk.length - 1] === CR;
  }

  /** Whether the only line end of a stretch is an LF without a CR, so that the line is one byte too long. */
  #isLong(chunk: Uint8Array, start: number, end: number): boolean {
    const isBare = end > 0 ? chunk[end - 1] !== CR : !this.#endsWithCr;
    if (!isBare) return false;
    const before = end > 0 ? chunk.lastIndexOf(LF, end - 1) : -1;
    return before < Math.max(start, 0);
  }
}

/**
 * Finds lines that start after a CR without LF. Some programs treat that as a line end, and so see other parts.
 *
 * @module
 */

import { LONGEST_DELIMITER } from "./limits.ts";
import { LineBuffer } from "./line_buffer.ts";

const LF = 0x0a;
const CR = 0x0d;
const DASH = 0x2d;

/** Finds such lines in the content of one part, if they begin with a dash. */
export class BareCrFinder {
  readonly #found: (line: Uint8Array) => void;
  /** The beginning of a line whose end has not arrived. */
  readonly #line = new LineBuffer();
  #isInLine = false;
  #last = 0;

  /** @param found called with each line, without its line end */
  constructor(found: (line: Uint8Array) => void) {
    this.#found = found;
  }

  /** Takes the next bytes. */
  push(bytes: Uint8Array): void {
    let at = this.#isInLine ? this.#gather(bytes, 0) : 0;
    while ((at = bytes.indexOf(DASH, at)) >= 0) {
      if ((at > 0 ? bytes[at - 1] : this.#last) === CR) {
        at = this.#gather(bytes, at);
      } else {
        // Not a search for each: there may be many in a row.
        do at++; while (bytes[at] === DASH);
      }
    }
    this.#last = bytes.at(-1) ?? this.#last;
  }

  /** Ends the input. */
  end(): void {
    if (this.#isInLine) this.#found(this.#line.take());
    this.#isInLine = false;
  }

  /** Takes bytes of a line, and returns where it stopped. */
  #gather(bytes: Uint8Array, from: number): number {
    const line = this.#line;
    const most = Math.min(bytes.length, from + LONGEST_DELIMITER - line.length);
    let end = from;
    while (end < most && bytes[end] !== CR && bytes[end] !== LF) end++;
    if (end < bytes.length && !this.#isInLine) {
      this.#found(bytes.subarray(from, end));
      return end;
    }
    this.#isInLine = true;
    line.push(bytes.subarray(from, end));
    if (end < bytes.length) this.end();
    return end;
  }
}

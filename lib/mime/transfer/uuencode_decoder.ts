/**
 * Decodes uuencode (the `uuencode` utility of POSIX), which old programs send as `x-uuencode`.
 *
 * @module
 */

import { byteAt } from "../../protocol/bytes.ts";
import { concatenated } from "../../protocol/bytes.ts";
import { NO_BYTES, type TransferDecoder } from "./decoder.ts";

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

/** The longest line that is decoded, in bytes; lines of uuencode have 61 letters. */
const LONGEST_LINE = 1000;

/**
 * Decodes uuencode. Everything before the line `begin` and after the line `end` is ignored. A line that is shorter than
 * its length says gives the bytes that it has.
 */
export class UuencodeDecoder implements TransferDecoder {
  /** The beginning of a line. */
  #line: Uint8Array = NO_BYTES;
  #state: "before" | "inside" | "after" = "before";

  push(bytes: Uint8Array): Uint8Array {
    const out: Uint8Array[] = [];
    let at = 0;
    for (let lf = bytes.indexOf(LF); lf >= 0; lf = bytes.indexOf(LF, at)) {
      out.push(this.#decode(concatenated([this.#line, bytes.subarray(at, lf)])));
      this.#line = NO_BYTES;
      at = lf + 1;
    }
    const room = Math.max(0, LONGEST_LINE - this.#line.length);
    this.#line = concatenated([this.#line, bytes.subarray(at, at + room)]).slice();
    return concatenated(out);
  }

  end(): Uint8Array {
    return this.#decode(this.#line);
  }

  clone(): UuencodeDecoder {
    const clone = new UuencodeDecoder();
    clone.#line = this.#line;
    clone.#state = this.#state;
    return clone;
  }

  #decode(whole: Uint8Array): Uint8Array {
    const line = whole.at(-1) === CR ? whole.subarray(0, -1) : whole;
    if (this.#state === "before") {
      if (beginsWith(line, "begin ")) this.#state = "inside";
      return NO_BYTES;
    }
    if (this.#state === "after" || line.length === 0) return NO_BYTES;
    if (beginsWith(line, "end") && line.length === 3) {
      this.#state = "after";
      return NO_BYTES;
    }
    const said = sixBits(line, 0);
    const out = new Uint8Array(Math.min(said, Math.floor((line.length - 1) * 3 / 4)));
    for (let i = 0, at = 1; i < out.length; at += 4) {
      const bits = sixBits(line, at) << 18 | sixBits(line, at + 1) << 12 | sixBits(line, at + 2) << 6 |
        sixBits(line, at + 3);
      out[i++] = bits >> 16;
      if (i < out.length) out[i++] = bits >> 8;
      if (i < out.length) out[i++] = bits;
    }
    return out;
  }
}

/** The value of a letter: space and grave accent are both 0, and so is white space lost at the end of a line. */
function sixBits(line: Uint8Array, at: number): number {
  return at < line.length ? (byteAt(line, at) - SPACE) & 0x3f : 0;
}

function beginsWith(line: Uint8Array, word: string): boolean {
  for (let i = 0; i < word.length; i++) if (line[i] !== word.charCodeAt(i)) return false;
  return true;
}

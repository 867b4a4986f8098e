/**
 * Decodes quoted-printable (RFC 2045, 6.7), as it is sent.
 *
 * @module
 */

import { byteAt } from "../../protocol/bytes.ts";
import { concatenated } from "../../protocol/bytes.ts";
import { NO_BYTES, type TransferDecoder } from "./decoder.ts";

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const EQUALS = 0x3d;

/**
 * The maximum number of undecided bytes that are kept: white space that may end a line. Longer white space is content;
 * no line of mail is longer (RFC 5321, 4.5.3.1.6).
 */
const MOST_HELD = 1000;

/**
 * Decodes quoted-printable. White space at the end of a line is removed, before and after a soft line break: it was
 * added in transit. An `=` that is not followed by two hexadecimal digits or a line end stays unchanged.
 */
export class QuotedPrintableDecoder implements TransferDecoder {
  /** Pushed bytes that are still undecided: an `=` with what follows, or white space with a CR. */
  #held: Uint8Array = NO_BYTES;
  /** Whether the last bytes were white space too long to be held, so that more of it is content too. */
  #isInLongBlank = false;

  push(bytes: Uint8Array): Uint8Array {
    return this.#decode(concatenated([this.#held, bytes]), false);
  }

  end(): Uint8Array {
    return this.#decode(this.#held, true);
  }

  clone(): QuotedPrintableDecoder {
    const clone = new QuotedPrintableDecoder();
    clone.#held = this.#held;
    clone.#isInLongBlank = this.#isInLongBlank;
    return clone;
  }

  #decode(bytes: Uint8Array, isEnd: boolean): Uint8Array {
    const out = new Uint8Array(bytes.length);
    const length = bytes.length;
    let isInLongBlank = this.#isInLongBlank;
    let at = 0;
    let to = 0;
    while (at < length) {
      const byte = bytes[at]!;
      if (byte !== EQUALS && byte !== SPACE && byte !== TAB) {
        isInLongBlank = false;
        out[to++] = byte;
        at++;
        continue;
      }
      const isEquals = byte === EQUALS;
      if (isEquals) {
        isInLongBlank = false;
        const value = hexValue(bytes[at + 1]) << 4 | hexValue(bytes[at + 2]);
        if (value >= 0) {
          out[to++] = value;
          at += 3;
          continue;
        }
      }
      const end = afterBlank(bytes, isEquals ? at + 1 : at);
      isInLongBlank ||= end - at > MOST_HELD;
      if (!isInLongBlank) {
        if (endsLine(bytes, end) || (isEnd && end === length)) {
          at = isEquals ? Math.min(length, bytes[end] === CR ? end + 2 : end + 1) : end;
          continue;
        }
        if (!isEnd && isUnclear(bytes, at, end)) break;
      }
      out[to++] = byte;
      at++;
      if (!isEquals) { while (at < end) out[to++] = byteAt(bytes, at++); }
      else isInLongBlank = false;
    }
    this.#held = at < length ? bytes.slice(at) : NO_BYTES;
    this.#isInLongBlank = isInLongBlank;
    return out.subarray(0, to);
  }
}

/** Whether the bytes at a position can be decided only with the next piece; `end` is where their white space ends. */
function isUnclear(bytes: Uint8Array, at: number, end: number): boolean {
  const { length } = bytes;
  if (end === length || (bytes[end] === CR && end + 1 === length)) return true;
  // An = with the first of two digits.
  return bytes[at] === EQUALS && length - at === 2 && hexValue(bytes[at + 1]) >= 0;
}

function endsLine(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === LF || (bytes[at] === CR && bytes[at + 1] === LF);
}

function afterBlank(bytes: Uint8Array, at: number): number {
  while (bytes[at] === SPACE || bytes[at] === TAB) at++;
  return at;
}

/** The value of a hexadecimal digit in either case; negative if it is not one. */
function hexValue(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}

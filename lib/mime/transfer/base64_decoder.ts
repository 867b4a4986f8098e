/**
 * Decodes base64 (RFC 2045, 6.8), as it is sent.
 *
 * @module
 */

import { byteAt } from "../../protocol/bytes.ts";
import { NO_BYTES, type TransferDecoder } from "./decoder.ts";

const PAD = 0x3d;
/** Marks bytes outside the alphabet. */
const NONE = 0xff;

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUES = new Uint8Array(256).fill(NONE);
for (let i = 0; i < ALPHABET.length; i++) VALUES[ALPHABET.charCodeAt(i)] = i;

/**
 * Decodes base64. Every byte outside its alphabet is skipped (RFC 2045, 6.8), as line ends are. Padding ends a group,
 * and what follows is decoded too, since programs join encoded pieces. An incomplete last group gives its complete
 * bytes.
 */
export class Base64Decoder implements TransferDecoder {
  /** The bits of the group so far. */
  #bits = 0;
  /** The number of letters in the group so far. */
  #count = 0;

  push(bytes: Uint8Array): Uint8Array {
    const out = new Uint8Array(((bytes.length + this.#count) >> 2) * 3 + 3);
    const length = bytes.length;
    let bits = this.#bits;
    let count = this.#count;
    let at = 0;
    let to = 0;
    while (at < length) {
      if (count === 0 && at + 4 <= length) {
        // Four letters at once, the common case.
        const a = VALUES[bytes[at]!]!;
        const b = VALUES[bytes[at + 1]!]!;
        const c = VALUES[bytes[at + 2]!]!;
        const d = VALUES[bytes[at + 3]!]!;
        if ((a | b | c | d) !== NONE) {
          out[to] = (a << 2) | (b >> 4);
          out[to + 1] = (b << 4) | (c >> 2);
          out[to + 2] = (c << 6) | d;
          to += 3;
          at += 4;
          continue;
        }
      }
      const byte = byteAt(bytes, at++);
      const value = VALUES[byte]!;
      if (value !== NONE) {
        bits = (bits << 6) | value;
        if (++count < 4) continue;
        out[to++] = bits >> 16;
        out[to++] = bits >> 8;
        out[to++] = bits;
      } else if (byte === PAD && count > 0) {
        to = endGroup(out, to, bits, count);
      } else continue;
      bits = count = 0;
    }
    this.#bits = bits;
    this.#count = count;
    return out.subarray(0, to);
  }

  end(): Uint8Array {
    if (this.#count === 0) return NO_BYTES;
    const out = new Uint8Array(2);
    const length = endGroup(out, 0, this.#bits, this.#count);
    this.#bits = this.#count = 0;
    return out.subarray(0, length);
  }

  clone(): Base64Decoder {
    const clone = new Base64Decoder();
    clone.#bits = this.#bits;
    clone.#count = this.#count;
    return clone;
  }
}

/** Writes the bytes of a group with fewer than four letters, and returns where the next byte goes. */
function endGroup(out: Uint8Array, to: number, bits: number, count: number): number {
  if (count === 2) out[to++] = bits >> 4;
  if (count === 3) {
    out[to++] = bits >> 10;
    out[to++] = bits >> 2;
  }
  return to;
}

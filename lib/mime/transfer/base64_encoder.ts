/**
 * Encodes base64 (RFC 2045, 6.8).
 *
 * @module
 */

import { concatenated } from "../../protocol/bytes.ts";
import type { TransferEncoder } from "./encoder.ts";

const ALPHABET = new TextEncoder().encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const PAD = 0x3d;
/** How many bytes make a line of 76 letters, the most that RFC 2045 allows. */
const LINE = 57;

/** Encodes base64, in lines of 76 letters. No line end follows the last one. */
export class Base64Encoder implements TransferEncoder {
  readonly #lineEnd: Uint8Array;
  /** The bytes that do not fill a line yet. */
  #rest: Uint8Array = new Uint8Array(0);
  #isFirst = true;

  /** @param lineEnd the line end to write, CRLF or LF */
  constructor(lineEnd: string = "\r\n") {
    this.#lineEnd = new TextEncoder().encode(lineEnd);
  }

  push(bytes: Uint8Array): Uint8Array {
    const all = concatenated([this.#rest, bytes]);
    // A whole line is kept until more follows, since line ends are written between lines but not after the last.
    const whole = Math.floor(all.length / LINE) * LINE;
    this.#rest = all.slice(whole);
    return this.#encode(all.subarray(0, whole));
  }

  end(): Uint8Array {
    return this.#encode(this.#rest);
  }

  #encode(bytes: Uint8Array): Uint8Array {
    const lines = Math.ceil(bytes.length / LINE);
    const out = new Uint8Array(4 * Math.ceil(bytes.length / 3) + lines * this.#lineEnd.length);
    let to = 0;
    for (let at = 0; at < bytes.length; at += LINE) {
      if (!this.#isFirst) {
        out.set(this.#lineEnd, to);
        to += this.#lineEnd.length;
      }
      this.#isFirst = false;
      to = encodeLine(bytes.subarray(at, at + LINE), out, to);
    }
    return out.subarray(0, to);
  }
}

function encodeLine(bytes: Uint8Array, out: Uint8Array, start: number): number {
  let to = start;
  for (let at = 0; at < bytes.length; at += 3) {
    const bits = bytes[at]! << 16 | (bytes[at + 1] ?? 0) << 8 | (bytes[at + 2] ?? 0);
    out[to++] = ALPHABET[bits >> 18]!;
    out[to++] = ALPHABET[bits >> 12 & 63]!;
    out[to++] = at + 1 < bytes.length ? ALPHABET[bits >> 6 & 63]! : PAD;
    out[to++] = at + 2 < bytes.length ? ALPHABET[bits & 63]! : PAD;
  }
  return to;
}

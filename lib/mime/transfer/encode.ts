/**
 * Encodes content for a part (RFC 2045, 6).
 *
 * @module
 */

import { byteAt } from "../../protocol/bytes.ts";

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const EQUALS = 0x3d;

/** The most characters of a line, without its line end (RFC 2045, 6.7 and 6.8). */
const LONGEST_LINE = 76;
/** How many bytes a line of base64 holds. */
const LINE_BYTES = LONGEST_LINE / 4 * 3;

const LETTERS = new TextEncoder().encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const DIGITS = new TextEncoder().encode("0123456789ABCDEF");
const FROM = new TextEncoder().encode("From ");

/**
 * Encodes bytes in base64, in lines of 76 letters with CRLF between them and none after the last.
 *
 * @param bytes the content
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeBase64 } from "./encode.ts";
 *
 * assert.equal(new TextDecoder().decode(encodeBase64(Uint8Array.of(1, 2, 3, 4))), "AQIDBA==");
 * ```
 */
export function encodeBase64(bytes: Uint8Array): Uint8Array {
  const lines = Math.max(1, Math.ceil(bytes.length / LINE_BYTES));
  const out = new Uint8Array(Math.ceil(bytes.length / 3) * 4 + 2 * (lines - 1));
  let to = 0;
  for (let at = 0; at < bytes.length; at += 3) {
    if (at > 0 && at % LINE_BYTES === 0) {
      out[to++] = CR;
      out[to++] = LF;
    }
    const bits = byteAt(bytes, at) << 16 | (bytes[at + 1] ?? 0) << 8 | (bytes[at + 2] ?? 0);
    out[to++] = LETTERS[bits >> 18]!;
    out[to++] = LETTERS[bits >> 12 & 0x3f]!;
    out[to++] = at + 1 < bytes.length ? LETTERS[bits >> 6 & 0x3f]! : EQUALS;
    out[to++] = at + 2 < bytes.length ? LETTERS[bits & 0x3f]! : EQUALS;
  }
  return out;
}

/**
 * Encodes bytes in quoted-printable, in lines of at most 76 characters. CRLF stays a line end; CR or LF alone, white space
 * at the end of a line, and the F of `From ` at the start of one, which mailboxes would change, are encoded.
 *
 * @param bytes the content; for text, with CRLF between lines
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeQuotedPrintable } from "./encode.ts";
 *
 * const text = new TextEncoder().encode("Grüße, 1+1=2\r\n");
 * assert.equal(new TextDecoder().decode(encodeQuotedPrintable(text)), "Gr=C3=BC=C3=9Fe, 1+1=3D2\r\n");
 * ```
 */
export function encodeQuotedPrintable(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  // Three characters for a byte, and a soft line break of three in each line of at least 73.
  const out = new Uint8Array(3 * length + 3 * Math.ceil(3 * length / (LONGEST_LINE - 3)));
  let to = 0;
  let column = 0;
  for (let at = 0; at < length; at++) {
    const byte = byteAt(bytes, at);
    if (isLineEnd(bytes, at)) {
      out[to++] = CR;
      out[to++] = LF;
      at++;
      column = 0;
      continue;
    }
    const isLast = at + 1 === length || isLineEnd(bytes, at + 1);
    const isPlain = byte === SPACE || byte === TAB
      ? !isLast
      : byte > SPACE && byte < 0x7f && byte !== EQUALS && !(column === 0 && startsWith(bytes, at, FROM));
    const size = isPlain ? 1 : 3;
    // The last character of a line needs no room for a soft line break.
    if (column + size > (isLast ? LONGEST_LINE : LONGEST_LINE - 1)) {
      out[to++] = EQUALS;
      out[to++] = CR;
      out[to++] = LF;
      column = 0;
    }
    if (isPlain) out[to++] = byte;
    else {
      out[to++] = EQUALS;
      out[to++] = DIGITS[byte >> 4]!;
      out[to++] = DIGITS[byte & 0xf]!;
    }
    column += size;
  }
  return out.subarray(0, to);
}

function isLineEnd(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === CR && bytes[at + 1] === LF;
}

function startsWith(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  return word.every((byte, i) => bytes[at + i] === byte);
}

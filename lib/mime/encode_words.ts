/**
 * Encodes non-ASCII text for header fields as encoded words (RFC 2047).
 *
 * @module
 */

import { latin1Text, legibleText, toBytes } from "../protocol/text.ts";
import { singleLine } from "./single_line.ts";

/** The maximum number of characters of an encoded word. */
const MAX_WORD = 75;
/** The maximum number of characters of a line that has one. */
const MAX_LINE = 76;
/** The length of `=?utf-8?q?` and `?=` around its text. */
const AROUND = 12;
/** The minimum length of a useful encoded word. */
const MIN_WORD = AROUND + 12;

/** A longer ASCII word is encoded too: MTAs break or cut a line of 980 bytes without white space. */
const MAX_PLAIN = 900;
/** Folding would reduce a longer run of spaces to one. */
const MAX_BLANK = 60;

/**
 * Encodes text for a header field: ASCII words stay unchanged, all others become UTF-8 encoded words of at most 75
 * characters, separated by spaces, so that `foldHeader` can fold there. `decodeWords` restores the text.
 *
 * The text is converted to one line first: line breaks and tabs become spaces, other control characters and white space
 * at both ends are removed. The result is valid in an unstructured field, such as Subject. For the names of addresses,
 * use `formatAddresses`.
 *
 * @param text the text; bytes that are not UTF-8 (lone surrogates, see `HeaderField.value`) become latin1 characters
 * @param name the name of the field, if the text is its whole value, as its first line has less room
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeWords } from "./encode_words.ts";
 *
 * assert.equal(encodeWords("Re: Grüße an alle"), "Re: =?utf-8?q?Gr=C3=BC=C3=9Fe?= an alle");
 * ```
 */
export function encodeWords(text: string, name?: string): string {
  const line = singleLine(legibleText(text));
  if (line.includes(" ".repeat(MAX_BLANK + 1))) return encodedRun(line, name);
  // Words and the spaces between them, in turn.
  const pieces = line.split(/( +)/);
  let encoded = "";
  for (let i = 0; i < pieces.length; i++) {
    let end = i;
    while (end < pieces.length && needsEncoding(pieces[end] ?? "")) end += 2;
    if (end === i) encoded += pieces[i];
    else {
      // The spaces between encoded words are not part of the text, so those of the text are encoded too.
      encoded += encodedRun(pieces.slice(i, end - 1).join(""), i === 0 ? name : undefined);
      i = end - 2;
    }
  }
  return encoded;
}

function needsEncoding(word: string): boolean {
  return /[^ -~]/.test(word) || word.includes("=?") || word.length > MAX_PLAIN;
}

/**
 * Encodes a whole text as encoded words, in base64 if that is much shorter than `Q`. The result is valid as the name of
 * an address (RFC 2047 section 5, rule 3).
 *
 * @param text well-formed text
 * @param name the name of the field, if the text is at its beginning
 */
export function encodedRun(text: string, name?: string): string {
  const bytes = toBytes(text);
  let qSize = 0;
  for (const byte of bytes) qSize += qOf(byte).length;
  // People can read parts of Q.
  const isQ = qSize <= 2 * Math.ceil(bytes.length / 3) * 4;
  const words: string[] = [];
  let room = name === undefined
    ? MAX_WORD
    : Math.max(Math.min(MAX_LINE - name.length - 2, MAX_WORD), MIN_WORD);
  let start = 0;
  let size = 0;
  for (let at = 0; at < bytes.length;) {
    const first = at;
    let more = 0;
    // A character with its continuation bytes.
    do more += isQ ? qOf(bytes[at] ?? 0).length : 1; while (((bytes[++at] ?? 0) & 0xc0) === 0x80);
    if (size + more > (isQ ? room - AROUND : Math.floor((room - AROUND) / 4) * 3)) {
      words.push(wordOf(bytes.subarray(start, first), isQ));
      start = first;
      size = 0;
      room = MAX_WORD;
    }
    size += more;
  }
  words.push(wordOf(bytes.subarray(start), isQ));
  return words.join(" ");
}

function wordOf(bytes: Uint8Array, isQ: boolean): string {
  return isQ ? `=?utf-8?q?${Array.from(bytes, qOf).join("")}?=` : `=?utf-8?b?${btoa(latin1Text(bytes))}?=`;
}

/** Each byte in the encoding `Q`. ASCII characters that are valid in names stay unchanged. */
const Q_OF_BYTE: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  if (char === " ") return "_";
  return /[A-Za-z0-9!*+\/-]/.test(char) ? char : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
});

function qOf(byte: number): string {
  return Q_OF_BYTE[byte] ?? "";
}

/**
 * Decodes encoded words, such as `=?utf-8?Q?Gr=C3=BC=C3=9Fe?=` (RFC 2047): non-ASCII text in header fields.
 *
 * @module
 */

import { latin1Bytes, latin1Text, toBytes } from "../protocol/text.ts";
import { base64Bytes } from "./base64.ts";
import { decodeText } from "./charset.ts";

/** The beginning of an encoded word, up to its text. */
const BEGIN = /=\?([^?\s]{1,100})\?([bq])\?/iy;

/**
 * Charsets with shift sequences: each word starts in the initial state, and browsers treat two consecutive sequences,
 * with no character between, as an error.
 */
const SHIFTING = /2022|utf-?7|^hz/;

/** An encoded word in a text. */
interface Word {
  readonly start: number;
  readonly end: number;
  /** Its charset, in lower case and without a language. */
  readonly charset: string;
  readonly bytes: Uint8Array;
}

/**
 * Decodes all encoded words in a text. Never throws.
 *
 * White space between two words is not part of the text, and words of the same charset are decoded together, since many
 * senders split characters. Words are decoded wherever any mail program does so, not only where RFC 2047 allows them:
 * in quotation marks, next to other characters, longer than 75 characters, with spaces or line breaks inside. Anything
 * else stays unchanged, as does a word whose base64 encodes nothing; bytes outside of words that are not UTF-8 are read
 * as windows-1252. For charsets see `decodeText`.
 *
 * @param text the text, or the bytes of a field's value
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { decodeWords } from "./encoded_words.ts";
 *
 * assert.equal(decodeWords("=?utf-8?B?WW91IHdvbg==?= =?iso-8859-1?Q?_the_lottery=21?= ok"), "You won the lottery! ok");
 * ```
 */
export function decodeWords(text: string | Uint8Array): string {
  if (typeof text === "string" && !text.includes("=?") && text.isWellFormed()) return text;
  return decodeRawWords(latin1Text(toBytes(text)));
}

/**
 * The same for a text of one character per byte.
 *
 * @param raw the text
 */
export function decodeRawWords(raw: string): string {
  if (!raw.includes("=?")) return plainText(raw);
  let decoded = "";
  let at = 0;
  let joined: Word[] = [];
  for (const word of wordsIn(raw)) {
    const between = raw.slice(at, word.start);
    if (joined.length > 0 && isBlank(between)) {
      if (joined[0]?.charset !== word.charset || SHIFTING.test(word.charset)) {
        decoded += textOf(joined);
        joined = [];
      }
    } else {
      decoded += textOf(joined) + plainText(between);
      joined = [];
    }
    joined.push(word);
    at = word.end;
  }
  return decoded + textOf(joined) + plainText(raw.slice(at));
}

/** The encoded words of a text of one character per byte, in order. Takes linear time. */
function* wordsIn(raw: string): Generator<Word, void> {
  /** The position of the first `?=` after the last position searched. */
  let close = -1;
  for (let start = raw.indexOf("=?"); start >= 0;) {
    BEGIN.lastIndex = start;
    const [begin, label, encoding] = BEGIN.exec(raw) ?? [];
    if (begin === undefined || label === undefined) {
      start = raw.indexOf("=?", start + 1);
      continue;
    }
    const textStart = start + begin.length;
    if (close < textStart) close = raw.indexOf("?=", textStart);
    if (close < 0) return;
    const inner = nextBegin(raw, textStart, close);
    if (inner !== undefined) {
      start = inner;
      continue;
    }
    const text = raw.slice(textStart, close);
    const end = close + 2;
    // RFC 2231 section 5: the language after an asterisk.
    const charset = label.replace(/\*.*$/, "").toLowerCase();
    const bytes = encoding === "b" || encoding === "B" ? base64Bytes(text) : qBytes(text);
    // A word that decodes to nothing is shown unchanged.
    if (bytes.length > 0 || text === "") yield { start, end, charset, bytes };
    start = raw.indexOf("=?", end);
  }
}

/** Where another word begins before the first one has ended. */
function nextBegin(raw: string, from: number, close: number): number | undefined {
  // The `=` right before the end may be the last character of base64.
  for (let at = raw.indexOf("=?", from); at >= 0 && at < close - 1; at = raw.indexOf("=?", at + 1)) {
    BEGIN.lastIndex = at;
    if (BEGIN.test(raw)) return at;
  }
  return undefined;
}

/** The bytes of the encoding `Q` (RFC 2047 section 4.2). An `=` without two hexadecimal digits stays as it is. */
function qBytes(text: string): Uint8Array {
  return latin1Bytes(
    text.replace(
      /_|=([0-9a-f]{2})/gi,
      (_, digits?: string) => digits === undefined ? " " : String.fromCharCode(parseInt(digits, 16)),
    ),
  );
}

function isBlank(text: string): boolean {
  return /^[ \t\r\n]*$/.test(text);
}

/** The text of words with the same charset. */
function textOf(words: readonly Word[]): string {
  const [first, second] = words;
  if (first === undefined) return "";
  if (second === undefined) return decodeText(first.bytes, first.charset);
  const bytes = new Uint8Array(words.reduce((size, word) => size + word.bytes.length, 0));
  let at = 0;
  for (const word of words) {
    bytes.set(word.bytes, at);
    at += word.bytes.length;
  }
  return decodeText(bytes, first.charset);
}

/** Text outside of words, of one character per byte. */
function plainText(raw: string): string {
  return /^[\0-\x7f]*$/.test(raw) ? raw : decodeText(latin1Bytes(raw));
}

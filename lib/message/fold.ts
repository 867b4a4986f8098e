/**
 * Folds and shortens long header values so that every MTA delivers them whole.
 *
 * Postfix breaks a line at 998 bytes, even within an address. Sendmail cuts it at the limit of its mailer (990 for the
 * next server, by `sendmail.cf`), puts `!` there, and drops most of the rest.
 *
 * @module
 */

/** The maximum line length that RFC 5322 (section 2.1.1) recommends, in bytes without the line end. */
const GOOD_LINE = 78;
/** The maximum line length that every MTA delivers, in bytes: RFC 5322 allows 998, Sendmail cuts at 990. */
export const LONGEST_LINE = 980;

/**
 * The maximum size of a field, name and value, that every MTA delivers, in bytes: Postfix cuts a field at 60,000. A
 * milter packet has room for 65,529.
 */
export const MAX_DELIVERED_FIELD = 59_900;

/**
 * Folds long lines of a header value to at most 78 bytes (RFC 5322, section 2.1.1): at white space after a comma if
 * there is any, otherwise at other white space. Unfolding restores the original value, since only line ends are added,
 * before existing white space. A line without white space is left alone up to 980 bytes. No MTA delivers a longer one
 * whole, so it is broken there and a space is added: after a comma if possible, and never within a character. A run of
 * white space as long as a line becomes one space.
 *
 * @param name the field's name, which the first line begins with
 * @param value the value, with LF or CRLF between lines that are already folded
 * @param longest lines of up to this many bytes are left alone, 78 to 980
 * @returns the value with LF at the new folds
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { foldHeader } from "./fold.ts";
 *
 * const list = Array.from({ length: 4 }, (_, i) => `recipient-${i}@example.org`).join(", ");
 * assert.deepEqual(foldHeader("X-Recipients", list).split("\n"), [
 *   "recipient-0@example.org, recipient-1@example.org,",
 *   " recipient-2@example.org, recipient-3@example.org",
 * ]);
 * ```
 */
export function foldHeader(name: string, value: string, longest: number = GOOD_LINE): string {
  let column = bytesOf(name) + 2;
  return value.split("\n").map((line, i, { length }) => {
    // A CR before its LF is not part of the text: folded onto its own line, it would make a blank line.
    const end = i < length - 1 && line.endsWith("\r") ? "\r" : "";
    const text = line.slice(0, line.length - end.length);
    const folded = column + bytesOf(text) > longest ? foldLine(text, column) + end : line;
    column = 0;
    return folded;
  }).join("\n");
}

/**
 * Shortens a value so that every MTA delivers the field: cuts it at the last fold that fits, after whole words.
 *
 * @param name the field's name
 * @param value the value, folded by {@linkcode foldHeader}
 */
export function shortenHeader(name: string, value: string): string {
  let room = MAX_DELIVERED_FIELD - bytesOf(name) - 2;
  if (bytesOf(value) <= room) return value;
  let end = 0;
  for (const line of value.split("\n")) {
    room -= bytesOf(line) + 1;
    if (room < 0) break;
    end += line.length + 1;
  }
  end = Math.max(end - 1, 0);
  while (end > 0 && /[,\s]/.test(value.charAt(end - 1))) end--;
  return value.slice(0, end);
}

/** White space that would fill a line. No line may be blank: some programs take it for the end of the header. */
const BLANK = new RegExp(`^[ \\t]{${GOOD_LINE},}`);

function foldLine(line: string, column: number): string {
  const { words: whole, trailing } = wordsOf(line);
  const words = whole.flatMap((word, i) => breakWord(word.replace(BLANK, " "), i === 0 ? column : 0));
  const lines: string[] = [];
  let current: string[] = [];
  let size = column;
  for (const word of words) {
    const bytes = bytesOf(word);
    if (current.length > 0 && size + bytes > GOOD_LINE) {
      // The words after the last comma go to the next line too, if they fit there.
      const comma = current.findLastIndex((each) => each.endsWith(","));
      const rest = comma < 0 ? [] : current.splice(comma + 1);
      const restBytes = rest.reduce((sum, each) => sum + bytesOf(each), 0);
      if (restBytes + bytes > GOOD_LINE) current.push(...rest.splice(0));
      lines.push(current.join(""));
      current = rest;
      size = rest.reduce((sum, each) => sum + bytesOf(each), 0);
    }
    current.push(word);
    size += bytes;
  }
  lines.push(current.join("") + trailing.replace(BLANK, " "));
  return lines.join("\n");
}

/** The words of a line, each with the white space before it, and the white space after the last. */
function wordsOf(line: string): { words: string[]; trailing: string } {
  const words: string[] = [];
  let blank = "";
  // An expression that requires a word or the end after the white space would retry at each space of a long run.
  for (const [part] of line.matchAll(/[ \t]+|[^ \t]+/g)) {
    if (part[0] === " " || part[0] === "\t") {
      blank = part;
    } else {
      words.push(blank + part);
      blank = "";
    }
  }
  return { words, trailing: blank };
}

/** A word, with the white space before it, in pieces that fit a line; each except the first begins with a space. */
function breakWord(word: string, column: number): string[] {
  if (column + bytesOf(word) <= LONGEST_LINE) return [word];
  const pieces: string[] = [];
  let piece = "";
  let size = column;
  /** Where the piece can be broken after a comma. */
  let comma = 0;
  for (const char of word) {
    const bytes = bytesOf(char);
    if (size + bytes > LONGEST_LINE) {
      const at = comma > 0 ? comma : piece.length;
      pieces.push(piece.slice(0, at));
      piece = " " + piece.slice(at);
      size = bytesOf(piece);
      comma = 0;
    }
    piece += char;
    size += bytes;
    if (char === ",") comma = piece.length;
  }
  return [...pieces, piece];
}

/** The bytes that a text takes in a message, counting an escaped byte (see `protocol/text.ts`) as one. */
function bytesOf(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // Two units of a surrogate pair are four bytes.
    if (unit >= 0xd800 && unit <= 0xdfff) {
      bytes += isPaired(text, i) ? 1 : unit >= 0xdc80 && unit <= 0xdcff ? 0 : 2;
    } else bytes += unit < 0x800 ? 1 : 2;
  }
  return bytes;
}

function isPaired(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  const other = text.charCodeAt(unit < 0xdc00 ? at + 1 : at - 1);
  return unit < 0xdc00 ? other >= 0xdc00 && other <= 0xdfff : other >= 0xd800 && other <= 0xdbff;
}

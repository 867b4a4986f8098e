/**
 * Header values as text to search in, and back to bytes without loss.
 *
 * @module
 */

import { isUtf8, latin1Bytes, latin1Text, toBytes, utf8Text } from "../../lib/message/text.ts";

/**
 * A value as one line. Line breaks between folded lines are left out; the white space after them stays, as RFC 5322
 * unfolds. Bytes that are not UTF-8 are read as latin1, a character each.
 */
export function unfolded(value: Uint8Array): string {
  return readingOf(value).text.replace(/\r?\n/g, "");
}

/**
 * Replaces what an expression matches in a value as one line: the first match, or every one with the flag `g`. The
 * folds outside of the matches, and bytes there that are not UTF-8, stay as they are.
 *
 * @param replacement gives the text for a match
 * @returns the new value; undefined where nothing matched
 */
export function replaceInValue(
  value: Uint8Array,
  expression: RegExp,
  replacement: (match: RegExpExecArray) => string,
): Uint8Array | undefined {
  const reading = readingOf(value);
  const { line, folds } = unfold(reading.text);
  // Flags g and y make an expression remember where it was in the value before.
  expression.lastIndex = 0;
  const first = expression.global ? undefined : expression.exec(line);
  const matches = expression.global ? [...line.matchAll(expression)] : first ? [first] : [];
  if (matches.length === 0) return undefined;

  let text = "";
  let end = 0;
  for (const match of matches) {
    text += refold(line, end, match.index, folds) + reading.inserted(replacement(match));
    end = match.index + match[0].length;
  }
  text += refold(line, end, line.length, folds);
  return reading.bytes(withoutEmptyLines(text));
}

interface Reading {
  readonly text: string;
  /** How text from elsewhere is written into this one. */
  inserted(text: string): string;
  /** The reverse of the reading. */
  bytes(text: string): Uint8Array;
}

function readingOf(value: Uint8Array): Reading {
  return isUtf8(value)
    ? { text: utf8Text(value), inserted: (text) => text, bytes: toBytes }
    : { text: latin1Text(value), inserted: (text) => latin1Text(toBytes(text)), bytes: latin1Bytes };
}

/** A text without its line breaks, and the places in it where they were. */
function unfold(text: string): { line: string; folds: number[] } {
  const pieces = text.split(/\r?\n/);
  const folds: number[] = [];
  let length = 0;
  for (const piece of pieces.slice(0, -1)) folds.push(length += piece.length);
  return { line: pieces.join(""), folds };
}

/** A part of a line with the line breaks that stood in it. */
function refold(line: string, start: number, end: number, folds: readonly number[]): string {
  let text = "";
  let from = start;
  for (const fold of folds) {
    if (fold < start || fold >= end) continue;
    text += line.slice(from, fold) + "\n";
    from = fold;
  }
  return text + line.slice(from, end);
}

/** A line of nothing but white space within a header may end it in the eyes of others. */
function withoutEmptyLines(text: string): string {
  return text.replace(/\n[ \t]*(?=\n|$)/g, "");
}

/**
 * Converts header values to searchable text, and back to bytes without loss.
 *
 * @module
 */

import type { Expression, ExpressionMatch } from "../../lib/expressions/expression.ts";
import { encodeFieldText } from "../../lib/mime/encode_field.ts";
import { fieldText } from "../../lib/mime/field_text.ts";
import { foldHeader } from "../../lib/message/fold.ts";
import { isUtf8, latin1Bytes, latin1Text, toBytes, utf8Text } from "../../lib/message/text.ts";

/**
 * A value as one line, unfolded as RFC 5322 specifies: the line breaks are removed, the white space after them stays. A value
 * that is not UTF-8 is read as latin1, one character per byte.
 */
export function unfolded(value: Uint8Array): string {
  return readingOf(value).text.replace(/\r?\n/g, "");
}

/** A value as one line, and a function that converts a text made from it back to bytes. */
export function lineReading(value: Uint8Array): { readonly line: string; bytes(text: string): Uint8Array } {
  const { text, bytes } = readingOf(value);
  return {
    line: text.replace(/\r?\n/g, ""),
    // Text that is not in the value may have characters that latin1 has not.
    bytes: (made) => /[^\0-\xff]/.test(made) ? toBytes(made) : bytes(made),
  };
}

/**
 * Replaces what an expression matches in the decoded text of a value, which is then encoded and folded again.
 *
 * @param name the field's name
 * @param replacement returns the text for a match
 * @returns the new value; undefined if nothing matched
 */
export function replaceInText(
  name: string,
  value: Uint8Array,
  expression: Expression,
  replacement: (match: ExpressionMatch) => string,
): Uint8Array | undefined {
  const text = fieldText(value);
  const matches = matchesOf(expression, text);
  if (matches.length === 0) return undefined;
  let changed = "";
  let end = 0;
  for (const match of matches) {
    changed += text.slice(end, match.index) + replacement(match);
    end = match.index + match[0].length;
  }
  return toBytes(foldHeader(name, encodeFieldText(name, changed + text.slice(end))));
}

/**
 * Replaces what an expression matches in a value, read as one line: the first match, or every match with the flag `g`. Folds
 * outside the matches, and bytes there that are not UTF-8, stay unchanged.
 *
 * @param replacement returns the text for a match
 * @returns the new value; undefined if nothing matched
 */
export function replaceInValue(
  value: Uint8Array,
  expression: Expression,
  replacement: (match: ExpressionMatch) => string,
): Uint8Array | undefined {
  const reading = readingOf(value);
  const { line, folds } = unfold(reading.text);
  const matches = matchesOf(expression, line);
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

/** The first match, or every match with the flag `g`. */
function matchesOf(expression: Expression, line: string): readonly ExpressionMatch[] {
  if (expression.global) return expression.matchAll(line);
  const first = expression.exec(line);
  return first ? [first] : [];
}

interface Reading {
  readonly text: string;
  /** Converts text from elsewhere for insertion into this one. */
  inserted(text: string): string;
  /** The reverse of the reading. */
  bytes(text: string): Uint8Array;
}

function readingOf(value: Uint8Array): Reading {
  return isUtf8(value)
    ? { text: utf8Text(value), inserted: (text) => text, bytes: toBytes }
    : { text: latin1Text(value), inserted: (text) => latin1Text(toBytes(text)), bytes: latin1Bytes };
}

/** A text without its line breaks, and the positions where they were. */
function unfold(text: string): { line: string; folds: number[] } {
  const pieces = text.split(/\r?\n/);
  const folds: number[] = [];
  let length = 0;
  for (const piece of pieces.slice(0, -1)) folds.push(length += piece.length);
  return { line: pieces.join(""), folds };
}

/** A part of a line with the line breaks that were in it. */
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

/** Some programs take a line of only white space for the end of the header. */
function withoutEmptyLines(text: string): string {
  return text.replace(/\n[ \t]*(?=\n|$)/g, "");
}

/**
 * Parses tag lists (RFC 6376 section 3.2), the syntax of signatures and key records.
 *
 * @module
 */
import { isFws, trimFws } from "./bytes.ts";

/** One `name=value`. */
export interface Tag {
  /** Without white space at its ends; white space inside is kept. */
  readonly value: string;
  /** Offset in the list of the first character after `=`. */
  readonly start: number;
  /** Offset in the list of the `;` that ends the tag, or of the list's end. */
  readonly end: number;
}

/** The tags of a list by name, in their order; names are case-sensitive. */
export type TagList = ReadonlyMap<string, Tag>;

/** Why a text is not a tag list. */
export interface TagListProblem {
  /** One short clause, without bytes of the text. */
  readonly problem: string;
}

/**
 * Parses a tag list. 8-bit characters may occur in values (RFC 8616).
 *
 * @param text one character per byte, so that offsets are those of bytes
 * @returns the tags, or the problem: a malformed tag, or one that occurs twice
 */
export function parseTagList(text: string): TagList | TagListProblem {
  const tags = new Map<string, Tag>();
  let start = 0;
  while (start <= text.length) {
    let end = text.indexOf(";", start);
    if (end < 0) end = text.length;
    const equals = text.indexOf("=", start);
    if (equals < 0 || equals >= end) {
      // Only the part after the last ";" may be empty.
      if (end === text.length && tags.size > 0 && trimFws(text.slice(start)) === "") break;
      return { problem: "a tag has no value" };
    }
    const name = trimFws(text.slice(start, equals));
    if (!isTagName(name)) return { problem: "a tag has a malformed name" };
    if (tags.has(name)) return { problem: "a tag occurs twice" };
    const value = trimFws(text.slice(equals + 1, end));
    if (!isTagValue(value)) return { problem: "a tag has a malformed value" };
    tags.set(name, { value, start: equals + 1, end });
    start = end + 1;
  }
  return tags;
}

/** ALPHA followed by ALPHA, DIGIT and "_". */
function isTagName(name: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_]*$/.test(name);
}

function isTagValue(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if ((code < 0x21 && !isFws(code)) || code === 0x7f) return false;
  }
  return true;
}

/**
 * Finds out whose an Authentication-Results field is (RFC 8601 section 2.2): its authserv-id by the RFC, and whether another
 * reader could take it for ours.
 *
 * @module
 */
import { latin1 } from "./bytes.ts";
import { idPattern, type IdPlace, readingsOf } from "./authserv_id_readings.ts";
import { isTokenCode } from "./results_grammar.ts";

/**
 * The maximum number of characters of a message's fields that are searched for our id. Few fields have to be searched,
 * and no mail server writes nearly as much. Fields beyond this count as ours, so that a forger's megabytes cost no
 * time.
 */
export const MAX_SEARCHED = 32_768;

/**
 * The authserv-id of an Authentication-Results field, without comments, folding and quotes, in its original case.
 *
 * @param value everything after the field's colon
 * @returns undefined if the field does not begin as RFC 8601 section 2.2 requires, so that readers may differ
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { authservIdOf } from "../auth.ts";
 *
 * assert.equal(authservIdOf(" (a comment) mx.example.net 1; dkim=pass"), "mx.example.net");
 * assert.equal(authservIdOf(" dkim=pass"), undefined);
 * ```
 */
export function authservIdOf(value: Uint8Array | string): string | undefined {
  return headOf(textOf(value))?.id;
}

/**
 * Finds the Authentication-Results fields of one message that a reader could take for ours, and that must be removed when
 * they arrive from outside (RFC 8601 section 5).
 *
 * - A field that begins with a plain host name, as nearly all do, belongs to that host: all readers agree.
 * - A field that begins as the RFC requires, but with a comment or with characters that host names do not have, is ours if
 *   any reading of its beginning, up to the end of the id, has our id as a separate word.
 * - Any other field, such as one without an id, is ours if our id occurs anywhere in it, in any reading.
 * - In the last two kinds, an encoded word (RFC 2047) is enough: the RFC forbids it there, but some programs decode it
 *   (Python's `email` does), and its meaning depends on which character sets they know.
 *
 * Use one finder for the fields of one message: it searches at most 32,768 characters in all, and a field beyond that counts
 * as ours.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { OwnResultsFinder } from "../auth.ts";
 *
 * const finder = new OwnResultsFinder("mx.example.net");
 * assert.equal(finder.isOurs(' "MX.example.net"; dkim=pass'), true);
 * assert.equal(finder.isOurs(" mx.example.com; dkim=pass"), false);
 * ```
 */
export class OwnResultsFinder {
  readonly #id: string;
  readonly #patterns: Map<IdPlace, RegExp> = new Map();
  #left: number = MAX_SEARCHED;

  /**
   * Makes a finder for the fields of one message.
   *
   * @param id our authserv-id; case, and dots at its ends, do not matter
   */
  constructor(id: string) {
    this.#id = comparable(id);
  }

  /**
   * Whether a reader could take a field for one of ours.
   *
   * @param value everything after the field's colon
   */
  isOurs(value: Uint8Array | string): boolean {
    const text = textOf(value);
    const head = headOf(text);
    if (head === undefined) return text.includes("=?") || this.#occurs(text, "anywhere");
    const found = comparable(head.id);
    if (found === this.#id) return true;
    if (!head.plain) {
      const start = text.slice(0, head.idEnd);
      if (start.includes("=?") || this.#occurs(start, "word")) return true;
    } else if (!this.#id.startsWith(found) && !found.includes("xn--")) return false;
    // The text after the id can only extend it, as in `mx.(example.net)`; an A-label may stand for other letters.
    return this.#occurs(text.slice(0, head.end), "first");
  }

  #occurs(text: string, place: IdPlace): boolean {
    this.#left -= text.length;
    if (this.#left < 0) return true;
    let pattern = this.#patterns.get(place);
    if (pattern === undefined) this.#patterns.set(place, pattern = idPattern(this.#id, place));
    for (const reading of readingsOf(text)) if (pattern.test(reading)) return true;
    return false;
  }
}

/**
 * Whether a reader could take an Authentication-Results field for one of ours, by the rules of {@link OwnResultsFinder}.
 *
 * @param value everything after the field's colon
 * @param id our authserv-id
 */
export function bearsAuthservId(value: Uint8Array | string, id: string): boolean {
  return new OwnResultsFinder(id).isOurs(value);
}

function comparable(id: string): string {
  const text = id.trim().toLowerCase();
  let start = 0;
  let end = text.length;
  while (text[start] === ".") start++;
  while (end > start && text[end - 1] === ".") end--;
  return text.slice(start, end);
}

function textOf(value: Uint8Array | string): string {
  return typeof value === "string" ? value : latin1(value);
}

/** The beginning of a field that follows RFC 8601. */
interface Head {
  readonly id: string;
  /** Whether there is no comment before the id, and it has only the characters of host names. */
  readonly plain: boolean;
  /** Where the id ends. */
  readonly idEnd: number;
  /** The index of the semicolon after it, or of the field's end. */
  readonly end: number;
}

function headOf(text: string): Head | undefined {
  const reader = { text, at: 0 };
  if (!skipComments(reader)) return undefined;
  const start = reader.at;
  const id = text[start] === '"' ? readQuoted(reader) : readToken(reader);
  if (id === undefined || id === "") return undefined;
  const idEnd = reader.at;
  const plain = /^[\w.-]+$/.test(id) && !text.slice(0, start).includes("(");
  if (!skipComments(reader)) return undefined;
  while (/^[0-9]$/.test(text.charAt(reader.at))) reader.at++; // the version
  if (!skipComments(reader)) return undefined;
  const end = reader.at;
  return end === text.length || text[end] === ";" ? { id, plain, idEnd, end } : undefined;
}

interface Reader {
  readonly text: string;
  at: number;
}

/** Skips white space and comments, which nest; false if a comment does not end. */
function skipComments(reader: Reader): boolean {
  const { text } = reader;
  let depth = 0;
  for (; reader.at < text.length; reader.at++) {
    const char = text[reader.at];
    if (char === "(") depth++;
    else if (char === ")" && depth > 0) depth--;
    else if (depth > 0) {
      if (char === "\\") reader.at++;
    } else if (char !== " " && char !== "\t" && char !== "\r" && char !== "\n") return true;
  }
  return depth === 0;
}

function readQuoted(reader: Reader): string | undefined {
  const { text } = reader;
  const parts: string[] = [];
  let start = ++reader.at;
  for (; reader.at < text.length; reader.at++) {
    const char = text[reader.at];
    if (char === "\\") {
      parts.push(text.slice(start, reader.at));
      start = ++reader.at;
    } else if (char === '"') {
      parts.push(text.slice(start, reader.at++));
      // Folding inside the quotes is not part of the value (RFC 5322 section 3.2.4).
      return parts.join("").replace(/[\r\n]+/g, "");
    }
  }
  return undefined;
}

/** A token: printable characters except separators (RFC 2045). 8-bit characters occur in U-labels. */
function readToken(reader: Reader): string {
  const start = reader.at;
  while (reader.at < reader.text.length && isTokenCode(reader.text.charCodeAt(reader.at))) reader.at++;
  return reader.text.slice(start, reader.at);
}

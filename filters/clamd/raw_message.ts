/**
 * A message as a stream of bytes, in pieces that are worth sending.
 *
 * @module
 */

import type { HeaderField } from "../../lib/message/header.ts";

const COLON = 0x3a;
const CR = 0x0d;
const LF = 0x0a;

/** A piece of at least this size is passed on as it is, not copied. */
const LARGE = 16 * 1024;
/** Smaller ones are joined into pieces of at most this size. */
const JOINED = 64 * 1024;
/** The size that the buffer for small pieces begins with. */
const FIRST = 4096;

/**
 * A field that is put before the header. Clamd recognizes mail by its first bytes, and decodes attachments only in
 * mail: without this, a sender could hide them by choosing the first field. A line of a mailbox ("From ") would do as
 * well, but clamd then takes each such line in a text for the beginning of another message, and finds less in what
 * follows.
 */
export const FIRST_FIELD: Uint8Array = new TextEncoder().encode("Received: by milterkit\r\n");

/** The empty line between header and body. */
export const END_OF_HEADER: Uint8Array = Uint8Array.of(CR, LF);

/**
 * A header field with its line end. Folded lines, which the MTA separates by LF, are separated by CRLF.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { HeaderField } from "../../lib/message/header.ts";
 * import { fieldBytes } from "./raw_message.ts";
 *
 * const field = HeaderField.of("Subject", "one\n two");
 * assert.equal(new TextDecoder().decode(fieldBytes(field)), "Subject: one\r\n two\r\n");
 * ```
 */
export function fieldBytes(field: HeaderField): Uint8Array {
  const { nameBytes: name, rawValueBytes: value } = field;
  const bytes = new Uint8Array(field.size);
  bytes.set(name);
  let at = name.length;
  bytes[at++] = COLON;
  for (let i = 0; i < value.length; i++) {
    const byte = value[i]!;
    if (byte === LF && value[i - 1] !== CR) bytes[at++] = CR;
    bytes[at++] = byte;
  }
  bytes[at++] = CR;
  bytes[at++] = LF;
  return bytes.subarray(0, at);
}

/** Joins small pieces, so that a header of many fields is sent at once. */
export class PieceJoiner {
  #buffer = new Uint8Array(0);
  #used = 0;

  /**
   * Adds a piece.
   *
   * @param piece the piece; a large one must not be written to again
   * @returns what is to be sent now, in order
   */
  add(piece: Uint8Array): readonly Uint8Array[] {
    if (piece.length >= LARGE) return [...this.take(), piece];
    const full = this.#used + piece.length > JOINED ? this.take() : [];
    this.#fit(piece.length);
    this.#buffer.set(piece, this.#used);
    this.#used += piece.length;
    return full;
  }

  /** Takes what is left. */
  take(): readonly Uint8Array[] {
    if (this.#used === 0) return [];
    const joined = this.#buffer.subarray(0, this.#used);
    this.#buffer = new Uint8Array(0);
    this.#used = 0;
    return [joined];
  }

  #fit(more: number): void {
    const needed = this.#used + more;
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.min(JOINED, Math.max(FIRST, 2 * needed)));
    larger.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = larger;
  }
}

/**
 * Joins the pieces of a body, and converts line ends to CRLF.
 *
 * @module
 */

import { byteAt } from "../protocol/bytes.ts";
import { BODY_CHUNK } from "../protocol/constants.ts";
import type { MtaKind } from "./mta.ts";

const CR = 0x0d;
const LF = 0x0a;

/** Joins pieces unchanged. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Joins pieces, with every bare LF made CRLF. A single piece without a bare LF is not copied. */
export function withCrlf(pieces: readonly Uint8Array[]): Uint8Array {
  const bare = bareLineFeeds(pieces);
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1 && bare === 0) return only;
  const body = new Uint8Array(pieces.reduce((size, { length }) => size + length, bare));
  let at = 0;
  let last = 0;
  for (const piece of pieces) {
    for (const byte of piece) {
      if (byte === LF && last !== CR) body[at++] = CR;
      body[at++] = last = byte;
    }
  }
  return body;
}

/**
 * A replaced body as the MTA stores it, in chunks as it sends them to the next filter: every bare LF becomes CRLF, and
 * Postfix ends the last line. An empty body has no chunks.
 *
 * @param pieces the body as the filter gave it
 * @param mta the MTA to behave like
 */
export function* replacementBody(pieces: readonly Uint8Array[], mta: MtaKind): Generator<Uint8Array, void> {
  const filled = pieces.filter(({ length }) => length > 0);
  const unended = mta === "postfix" && filled.length > 0 && filled.at(-1)?.at(-1) !== LF;
  const [only] = filled;
  if (only !== undefined && filled.length === 1 && !unended && bareLineFeeds(filled) === 0) {
    for (let at = 0; at < only.length; at += BODY_CHUNK) yield only.subarray(at, at + BODY_CHUNK);
    return;
  }
  let chunk = new Uint8Array(BODY_CHUNK);
  let length = 0;
  let last = 0;
  for (const piece of unended ? [...filled, Uint8Array.of(CR, LF)] : filled) {
    for (let i = 0; i < piece.length; i++) {
      const byte = byteAt(piece, i);
      const lacksCr = byte === LF && last !== CR;
      last = lacksCr ? CR : byte;
      chunk[length++] = last;
      if (lacksCr) i--;
      if (length < BODY_CHUNK) continue;
      yield chunk;
      chunk = new Uint8Array(BODY_CHUNK);
      length = 0;
    }
  }
  if (length > 0) yield chunk.subarray(0, length);
}

function bareLineFeeds(pieces: readonly Uint8Array[]): number {
  let bare = 0;
  let last = 0;
  for (const piece of pieces) {
    for (const byte of piece) {
      if (byte === LF && last !== CR) bare++;
      last = byte;
    }
  }
  return bare;
}

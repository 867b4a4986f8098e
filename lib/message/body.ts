/**
 * Bodies in pieces.
 *
 * @module
 */

import { BODY_CHUNK } from "../protocol/constants.ts";

const CR = 0x0d;
const LF = 0x0a;

/**
 * Pieces in one, with every bare LF made CRLF, as both Postfix and Sendmail do with a new body before the next filter
 * sees it. One piece without a bare LF is not copied.
 */
export function withCrlf(pieces: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  let bare = 0;
  let last = 0;
  for (const piece of pieces) {
    size += piece.length;
    for (const byte of piece) {
      if (byte === LF && last !== CR) bare++;
      last = byte;
    }
  }
  if (bare === 0 && pieces.length === 1) return pieces[0];
  const body = new Uint8Array(size + bare);
  let at = 0;
  last = 0;
  for (const piece of pieces) {
    for (const byte of piece) {
      if (byte === LF && last !== CR) body[at++] = CR;
      body[at++] = last = byte;
    }
  }
  return body;
}

/** A body cut into what fits a packet. An empty body is one empty piece: that is how a body is emptied. */
export function chunksOf(body: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < body.length; at += BODY_CHUNK) {
    chunks.push(body.subarray(at, at + BODY_CHUNK));
  }
  return chunks;
}

/**
 * Finds the position in quoted-printable content that corresponds to a position in the decoded text.
 *
 * @module
 */

import { QuotedPrintableDecoder } from "../transfer/quoted_printable_decoder.ts";
import type { Pieces } from "./splice.ts";

const EQUALS = 0x3d;

/**
 * Returns the number of bytes of quoted-printable before a position.
 *
 * @param pieces the encoded content
 * @param place the number of decoded bytes before it; the character at the position must not be white space
 */
export async function encodedPlace(pieces: Pieces, place: number): Promise<number> {
  if (place === 0) return 0;
  const decoder = new QuotedPrintableDecoder();
  let encoded = 0;
  let decodedBytes = 0;
  for await (const piece of pieces) {
    const before = decoder.clone();
    const { length } = decoder.push(piece);
    if (decodedBytes + length >= place) {
      return encoded + placeWithin(piece, before, place - decodedBytes);
    }
    encoded += piece.length;
    decodedBytes += length;
  }
  return encoded;
}

/** @param decoder as it was before the piece */
function placeWithin(piece: Uint8Array, decoder: QuotedPrintableDecoder, place: number): number {
  let decodedBytes = 0;
  for (let i = 0; i < piece.length; i++) {
    const bytes = decoder.push(piece.subarray(i, i + 1));
    decodedBytes += bytes.length;
    // An equals sign ends white space before it, and is itself decoded with what follows.
    if (decodedBytes === place) return piece[i] === EQUALS ? i : i + 1;
    // White space is decoded with the character after it, which is itself or an = with two digits.
    if (decodedBytes > place) return piece[i] === bytes.at(-1) ? i : i - 2;
  }
  return piece.length;
}

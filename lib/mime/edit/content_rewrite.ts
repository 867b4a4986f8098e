/**
 * Writes the content of a text part anew while it is read: decoded, in another charset if need be, with what is added, and
 * encoded again.
 *
 * @module
 */

import type { ByteSource } from "../byte_source.ts";
import type { Part } from "../part.ts";
import { encoded, encoderOf, type WrittenEncoding } from "../transfer/encoders.ts";
import { decoded, decoderOf } from "../transfer/transfer.ts";
import type { Pieces } from "./splice.ts";

/** Bytes that are added to a text. */
export interface Insertion {
  /** Before which byte of the decoded text. */
  readonly place: number;
  /** The bytes. */
  readonly bytes: Uint8Array;
}

/**
 * The decoded text of a part.
 *
 * @param charset the charset to read it in, which makes it UTF-8; undefined: as it is
 */
export function partText(part: Part, source: ByteSource, charset: string | undefined): Pieces {
  const { bodyStart, bodyEnd, content } = part.info;
  const bytes = decoded(source.read(bodyStart, bodyEnd), decoderOf(content.encoding));
  return charset === undefined ? bytes : inUtf8(bytes, charset);
}

/**
 * The content of a part with insertions, encoded.
 *
 * @param text the decoded text
 * @param insertions in the order of their places
 * @param encoding the transfer encoding to write
 * @param lineEnd the line end of the message
 */
export function rewritten(
  text: Pieces,
  insertions: readonly Insertion[],
  encoding: WrittenEncoding,
  lineEnd: string,
): Pieces {
  return encoded(inserted(text, insertions), encoderOf(encoding, lineEnd));
}

async function* inUtf8(pieces: Pieces, charset: string): AsyncGenerator<Uint8Array, void> {
  let decoder: TextDecoder | undefined;
  const encoder = new TextEncoder();
  for await (const piece of pieces) {
    decoder ??= new TextDecoder(isBigEndian(piece, charset) ? "utf-16be" : charset);
    const text = decoder.decode(piece, { stream: true });
    if (text !== "") yield encoder.encode(text);
  }
  const rest = decoder?.decode() ?? "";
  if (rest !== "") yield encoder.encode(rest);
}

/** Whether a byte order mark says so; only then is `utf-16` not little-endian. */
function isBigEndian(start: Uint8Array, charset: string): boolean {
  return charset === "utf-16le" && start[0] === 0xfe && start[1] === 0xff;
}

async function* inserted(pieces: Pieces, insertions: readonly Insertion[]): AsyncGenerator<Uint8Array, void> {
  const left = [...insertions];
  let at = 0;
  for await (let piece of pieces) {
    for (let next = left[0]; next !== undefined && next.place < at + piece.length; next = left[0]) {
      left.shift();
      if (next.place > at) yield piece.subarray(0, next.place - at);
      yield next.bytes;
      piece = piece.subarray(next.place - at);
      at = next.place;
    }
    if (piece.length > 0) yield piece;
    at += piece.length;
  }
  for (const { bytes } of left) yield bytes;
}

/**
 * Rewrites the content of a text part while it is read: decodes it, converts its charset if need be, inserts text, and
 * encodes it again.
 *
 * @module
 */

import type { ByteSource } from "../byte_source.ts";
import type { Part } from "../part.ts";
import { encoded, encoderOf, type WrittenEncoding } from "../transfer/encoders.ts";
import { decoded, decoderOf } from "../transfer/transfer.ts";
import type { Pieces } from "./splice.ts";

/** A text that is invalid in the charset that its part declares, so that converting it would lose information. */
export class UndecodableTextError extends Error {
  override readonly name = "UndecodableTextError";
  /** Always `undecodable-text`. */
  readonly code = "undecodable-text";
  /** The charset. */
  readonly value: string;

  /** @param charset the charset */
  constructor(charset: string) {
    super(`Cannot decode the text: it is not in ${charset}`);
    this.value = charset;
  }
}

/** Bytes that are added to a text. */
export interface Insertion {
  /** The index of the byte of the decoded text before which they are inserted. */
  readonly place: number;
  /** The bytes. */
  readonly bytes: Uint8Array;
}

/**
 * The decoded text of a part.
 *
 * @param charset the charset to convert from, to UTF-8; undefined: leave it as it is
 * @throws {UndecodableTextError} as a rejection, if it is invalid in that charset
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
 * @param encoding the transfer encoding to use
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
    decoder ??= new TextDecoder(isBigEndian(piece, charset) ? "utf-16be" : charset, { fatal: true });
    const text = decodedPiece(decoder, piece);
    if (text !== "") yield encoder.encode(text);
  }
  const rest = decoder ? decodedPiece(decoder) : "";
  if (rest !== "") yield encoder.encode(rest);
}

/** Decodes the next piece of a text; without a piece, ends it. */
function decodedPiece(decoder: TextDecoder, piece?: Uint8Array): string {
  try {
    return decoder.decode(piece, { stream: piece !== undefined });
  } catch {
    throw new UndecodableTextError(decoder.encoding);
  }
}

/** Whether a byte order mark says that the text is big-endian; otherwise `utf-16` is little-endian. */
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

/**
 * The decoder for each transfer encoding, and decoding from a source.
 *
 * @module
 */

import type { TransferEncoding } from "../structure/part_info.ts";
import { Base64Decoder } from "./base64_decoder.ts";
import { IdentityDecoder, type TransferDecoder } from "./decoder.ts";
import { QuotedPrintableDecoder } from "./quoted_printable_decoder.ts";
import { UuencodeDecoder } from "./uuencode_decoder.ts";

/** A new decoder for an encoding. */
export function decoderOf(encoding: TransferEncoding): TransferDecoder {
  switch (encoding) {
    case "identity":
      return new IdentityDecoder();
    case "base64":
      return new Base64Decoder();
    case "quoted-printable":
      return new QuotedPrintableDecoder();
    case "uuencode":
      return new UuencodeDecoder();
  }
}

/**
 * Decodes pieces as they come.
 *
 * @param pieces the encoded content
 * @param decoder a decoder that has decoded everything before
 */
export async function* decoded(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  decoder: TransferDecoder,
): AsyncGenerator<Uint8Array, void> {
  for await (const piece of pieces) {
    const bytes = decoder.push(piece);
    if (bytes.length > 0) yield bytes;
  }
  const rest = decoder.end();
  if (rest.length > 0) yield rest;
}

/**
 * The encoders for the transfer encodings that are written.
 *
 * @module
 */

import { Base64Encoder } from "./base64_encoder.ts";
import { concatenated } from "../../protocol/bytes.ts";
import type { TransferEncoder } from "./encoder.ts";
import { QuotedPrintableEncoder } from "./quoted_printable_encoder.ts";

/** The transfer encodings that are written. */
export type WrittenEncoding = "base64" | "quoted-printable";

/**
 * A new encoder.
 *
 * @param encoding the encoding
 * @param lineEnd the line end that is written, CRLF or LF
 */
export function encoderOf(encoding: WrittenEncoding, lineEnd?: string): TransferEncoder {
  return encoding === "base64" ? new Base64Encoder(lineEnd) : new QuotedPrintableEncoder(lineEnd);
}

/** Encodes pieces as they come. */
export async function* encoded(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  encoder: TransferEncoder,
): AsyncGenerator<Uint8Array, void> {
  for await (const piece of pieces) {
    const bytes = encoder.push(piece);
    if (bytes.length > 0) yield bytes;
  }
  const rest = encoder.end();
  if (rest.length > 0) yield rest;
}

/**
 * Encodes bytes.
 *
 * @param bytes the bytes
 * @param encoding the encoding
 * @param lineEnd the line end that is written, CRLF or LF
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodedBytes } from "./encoders.ts";
 *
 * const bytes = new TextEncoder().encode("für = 1");
 * assert.equal(new TextDecoder().decode(encodedBytes(bytes, "quoted-printable")), "f=C3=BCr =3D 1");
 * ```
 */
export function encodedBytes(bytes: Uint8Array, encoding: WrittenEncoding, lineEnd?: string): Uint8Array {
  const encoder = encoderOf(encoding, lineEnd);
  return concatenated([encoder.push(bytes), encoder.end()]);
}

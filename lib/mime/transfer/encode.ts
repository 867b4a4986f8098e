/**
 * Encodes content for a part (RFC 2045, 6).
 *
 * @module
 */

import { encodedBytes } from "./encoders.ts";

/**
 * Encodes bytes in base64, in lines of 76 letters with CRLF between them and none after the last.
 *
 * @param bytes the content
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeBase64 } from "./encode.ts";
 *
 * assert.equal(new TextDecoder().decode(encodeBase64(Uint8Array.of(1, 2, 3, 4))), "AQIDBA==");
 * ```
 */
export function encodeBase64(bytes: Uint8Array): Uint8Array {
  return encodedBytes(bytes, "base64");
}

/**
 * Encodes bytes in quoted-printable, in lines of at most 76 characters. CRLF stays a line end; CR or LF alone, white
 * space at the end of a line, and the F of `From ` at the start of a line, which mailboxes would change, are encoded.
 *
 * @param bytes the content; for text, with CRLF between lines
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeQuotedPrintable } from "./encode.ts";
 *
 * const text = new TextEncoder().encode("Grüße, 1+1=2\r\n");
 * assert.equal(new TextDecoder().decode(encodeQuotedPrintable(text)), "Gr=C3=BC=C3=9Fe, 1+1=3D2\r\n");
 * ```
 */
export function encodeQuotedPrintable(bytes: Uint8Array): Uint8Array {
  return encodedBytes(bytes, "quoted-printable");
}

/**
 * Represents bytes as text with one character per byte. Scripts and mail are bytes: in this form both can be compared,
 * searched and joined without loss.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** Bytes in this form. */
export function fromBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** Ordinary text in this form, as the bytes of its UTF-8. */
export function fromText(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** This form as bytes. */
export function toBytes(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

/** This form as ordinary text; what is not UTF-8 becomes U+FFFD. */
export function toText(text: string): string {
  return Buffer.from(text, "latin1").toString("utf8");
}

/** The bytes in hexadecimal. */
export function toHex(text: string): string {
  return Buffer.from(text, "latin1").toString("hex");
}

/** What C sees of a string: it ends at the first NUL. */
export function cString(text: string): string {
  const nul = text.indexOf("\0");
  return nul < 0 ? text : text.slice(0, nul);
}

/** Reads a number as C's `atoi` does: as far as it goes, 0 where there is none. */
export function atoi(text: string): number {
  return Number(/^[ \t\n\v\f\r]*([+-]?\d+)/.exec(text)?.[1] ?? 0) | 0;
}

/** ASCII letters in lower case, as C's `strcasecmp` compares them. */
export function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

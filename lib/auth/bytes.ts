/**
 * Converts between bytes and text with one character per byte, and handles white space and base64 in it.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** Carriage return. */
export const CR = 0x0d;
/** Line feed. */
export const LF = 0x0a;
/** Space. */
export const SP = 0x20;
/** Horizontal tab. */
export const TAB = 0x09;
/** Colon. */
export const COLON = 0x3a;

/** The bytes as text, one character per byte. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/**
 * The UTF-8 text whose bytes are the characters of `text`, or undefined if it is not UTF-8.
 *
 * @param text one character per byte
 */
export function decodeUtf8(text: string): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(text, "latin1"));
  } catch {
    return undefined;
  }
}

/** Whether every character is ASCII. */
export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** Whether a character code is space, tab, CR or LF, the characters of folding white space. */
export function isFws(code: number): boolean {
  return code === SP || code === TAB || code === LF || code === CR;
}

/** `text` without space, tab, CR and LF. */
export function withoutFws(text: string): string {
  return text.replace(/[ \t\r\n]+/g, "");
}

/** `text` without space, tab, CR and LF at its ends; `trim` would take 8-bit characters too. */
export function trimFws(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isFws(text.charCodeAt(start))) start++;
  while (end > start && isFws(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/**
 * Decodes base64, which may be folded (RFC 6376 section 2.10); the final `=` may be missing.
 *
 * @returns undefined if another character occurs or the length is wrong
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bare = withoutFws(text);
  let end = bare.length;
  while (end > 0 && bare.length - end < 2 && bare.charCodeAt(end - 1) === 0x3d) end--;
  for (let i = 0; i < end; i++) {
    const code = bare.charCodeAt(i);
    const valid = (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) ||
      (code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2f;
    if (!valid) return undefined;
  }
  if (end % 4 === 1) return undefined;
  const decoded = Buffer.from(bare.slice(0, end), "base64");
  return new Uint8Array(decoded.buffer, decoded.byteOffset, decoded.byteLength);
}

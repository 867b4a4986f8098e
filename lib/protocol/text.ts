/**
 * Converts bytes to text and back. Mail is bytes: most of them ASCII, some UTF-8, a few neither.
 *
 * Text loses nothing. It is read as UTF-8, and a byte that is not part of a UTF-8 sequence becomes a lone surrogate: byte
 * 0xE9 is U+DCE9, 0x80 to 0xFF are U+DC80 to U+DCFF. No UTF-8 text contains one, so {@linkcode toBytes} restores every byte
 * that {@linkcode utf8Text} was given. Python calls this `surrogateescape` (PEP 383). Only bytes from 0x80 on are escaped,
 * so an escape never hides a control character, a line end or a quote.
 *
 * @module
 */

import { byteAt } from "./bytes.ts";

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** What stands for bytes that are not UTF-8 where they are not escaped. */
const REPLACED = "\ufffd";

/** The methods of buffers, where the runtime has any: this room imports none of its modules. */
const buffers = (globalThis as { readonly Buffer?: { readonly prototype: object } }).Buffer?.prototype ?? {};

/**
 * What `toString("utf8", start, end)` of a buffer calls. It takes two thirds of the time of a `TextDecoder` on Bun, and a
 * fifth on Deno. It is not in Node's documentation, so a runtime may lack it.
 */
const { utf8Slice: bufferSlice } = buffers as {
  readonly utf8Slice?: (this: Uint8Array, start: number, end: number) => string;
};

/** What is added to a byte that is not UTF-8. */
const ESCAPE = 0xdc00;

/** Text as UTF-8 bytes, with escaped bytes restored (see above); bytes unchanged. */
export function toBytes(text: string | Uint8Array): Uint8Array {
  if (typeof text !== "string") return text;
  return text.isWellFormed() ? encoder.encode(text) : unescapedBytes(text);
}

/** Bytes as UTF-8 text; a byte that is not UTF-8 becomes a lone surrogate (see above). */
export function utf8Text(bytes: Uint8Array): string {
  return utf8Slice(bytes, 0, bytes.length);
}

/**
 * A range of bytes as UTF-8 text, like {@linkcode utf8Text}, without a view of them.
 *
 * @param bytes contains the range
 * @param start where it begins
 * @param end where it ends
 */
export function utf8Slice(bytes: Uint8Array, start: number, end: number): string {
  const text = bufferSlice?.call(bytes, start, end) ?? REPLACED;
  return text.includes(REPLACED) ? exactText(bytes.subarray(start, end)) : text;
}

function exactText(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return escapedText(bytes);
  }
}

/**
 * Text for people and other programs, which cannot use lone surrogates (many JSON parsers refuse them): an escaped byte
 * becomes the latin1 character with its number, any other lone surrogate U+FFFD.
 */
export function legibleText(text: string): string {
  if (text.isWellFormed()) return text;
  return Array.from(text, (char) => {
    const code = char.codePointAt(0)!;
    return isEscape(code) ? String.fromCharCode(code - ESCAPE) : char;
  }).join("").toWellFormed();
}

/** Bytes as latin1 text: one character per byte, nothing lost. `TextDecoder("latin1")` would be windows-1252. */
export function latin1Text(bytes: Uint8Array): string {
  return textOfUnits(bytes);
}

/** Latin1 text as bytes, the reverse of {@linkcode latin1Text}; characters above U+00FF lose their upper bits. */
export function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Whether bytes are valid UTF-8 (ASCII included). */
export function isUtf8(bytes: Uint8Array): boolean {
  try {
    strictUtf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function isEscape(code: number): boolean {
  return code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff;
}

/** The reverse of {@linkcode escapedText}. */
function unescapedBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(3 * text.length);
  let length = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)!;
    if (code > 0xffff) i++;
    if (!isEscape(code)) continue;
    length += encoder.encodeInto(text.slice(start, i), bytes.subarray(length)).written;
    bytes[length++] = code - ESCAPE;
    start = i + 1;
  }
  length += encoder.encodeInto(text.slice(start), bytes.subarray(length)).written;
  return bytes.slice(0, length);
}

/** Decodes by hand: calling a decoder for each valid piece would make hostile text expensive. */
function escapedText(bytes: Uint8Array): string {
  const units = new Uint16Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length;) {
    const size = sequenceSize(bytes, at);
    if (size === 0) {
      units[length++] = ESCAPE + byteAt(bytes, at++);
      continue;
    }
    let code = byteAt(bytes, at) & (size === 1 ? 0x7f : 0xff >> (size + 1));
    for (let i = 1; i < size; i++) code = (code << 6) | (byteAt(bytes, at + i) & 0x3f);
    at += size;
    if (code > 0xffff) {
      units[length++] = 0xd800 + ((code - 0x10000) >> 10);
      units[length++] = 0xdc00 + ((code - 0x10000) & 0x3ff);
    } else {
      units[length++] = code;
    }
  }
  return textOfUnits(units.subarray(0, length));
}

/** The length of the UTF-8 sequence at an index; 0 if there is none (Unicode, table 3-7). */
function sequenceSize(bytes: Uint8Array, at: number): number {
  const first = byteAt(bytes, at);
  if (first < 0x80) return 1;
  const size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (size === 0 || at + size > bytes.length) return 0;
  const second = byteAt(bytes, at + 1);
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let i = 2; i < size; i++) if ((byteAt(bytes, at + i) & 0xc0) !== 0x80) return 0;
  return size;
}

function textOfUnits(units: Uint16Array | Uint8Array): string {
  let text = "";
  for (let i = 0; i < units.length; i += 4096) {
    text += String.fromCharCode.apply(null, units.subarray(i, i + 4096) as unknown as number[]);
  }
  return text;
}

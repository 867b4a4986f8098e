/**
 * Encodes text in the charset of a part, if that has all of its characters.
 *
 * @module
 */

/** The single-byte encodings, by their names in the Encoding Standard. */
const SINGLE_BYTE = /^(?:ibm866|iso-8859-|koi8-|macintosh|windows-|x-mac-)/;
/** Labels that name a code page itself, not the standard that it extends. */
const CODE_PAGE = /125\d|874/;

const encoder = new TextEncoder();
const tables = new Map<string, ReadonlyMap<string, number>>();

/** Whether a text is ASCII. */
export function isAsciiText(text: string): boolean {
  // deno-lint-ignore no-control-regex -- all of ASCII is meant
  return /^[\x00-\x7f]*$/.test(text);
}

/**
 * Encodes text.
 *
 * @param text the text
 * @param encoding the name of the charset in the Encoding Standard, such as `windows-1252`; undefined: a charset that
 * is not in it and includes ASCII
 * @param label its label in the message, such as `iso-8859-1`, which has no € where windows-1252 has it
 * @returns the bytes; undefined if the charset lacks a character or, for multi-byte charsets other than UTF-8, if the
 * text is not ASCII
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { encodeText } from "./encode_text.ts";
 *
 * assert.deepEqual(encodeText("é", "windows-1252", "iso-8859-1"), Uint8Array.of(0xe9));
 * assert.equal(encodeText("€", "windows-1252", "iso-8859-1"), undefined);
 * assert.deepEqual(encodeText("€", "windows-1252", "windows-1252"), Uint8Array.of(0x80));
 * ```
 */
export function encodeText(
  text: string,
  encoding: string | undefined,
  label: string,
): Uint8Array | undefined {
  if (encoding === "utf-8" || isAsciiText(text)) return encoder.encode(text);
  if (encoding === undefined || !SINGLE_BYTE.test(encoding)) return undefined;
  const table = tableOf(encoding);
  const hasC1 = encoding.startsWith("windows-") && !CODE_PAGE.test(label);
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (const char of text) {
    const byte = table.get(char);
    if (byte === undefined || (hasC1 && byte >= 0x80 && byte <= 0x9f)) return undefined;
    bytes[length++] = byte;
  }
  return bytes.subarray(0, length);
}

function tableOf(encoding: string): ReadonlyMap<string, number> {
  const known = tables.get(encoding);
  if (known) return known;
  const decoder = new TextDecoder(encoding);
  const table = new Map<string, number>();
  for (let byte = 0; byte < 256; byte++) {
    const char = decoder.decode(Uint8Array.of(byte));
    if (char !== "\ufffd") table.set(char, byte);
  }
  tables.set(encoding, table);
  return table;
}

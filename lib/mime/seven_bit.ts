/**
 * Decodes seven-bit charsets that browsers refuse but mail programs read.
 *
 * @module
 */

import { latin1Text } from "../protocol/text.ts";
import { base64Bytes } from "./base64.ts";

const ESCAPE = 0x1b;
const SHIFT_OUT = 0x0e;
const SHIFT_IN = 0x0f;
const TILDE = 0x7e;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const LF = 0x0a;

const utf16 = new TextDecoder("utf-16be");
const eucKr = new TextDecoder("euc-kr");
const gbk = new TextDecoder("gbk");

/** UTF-7 (RFC 2152). Bytes above 127 become U+FFFD. */
function decodeUtf7(bytes: Uint8Array): string {
  return latin1Text(bytes).replace(/[\x80-\xff]/g, "\ufffd").replace(
    /\+([A-Za-z0-9+\/]*)-?/g,
    (shift, base64: string) => {
      if (base64 === "") return shift === "+-" ? "+" : shift;
      const units = base64Bytes(base64);
      // A single last byte is base64 padding.
      return utf16.decode(units.subarray(0, units.length & ~1));
    },
  );
}

/** ISO-2022-KR (RFC 1557): EUC-KR without its eighth bits, between SO and SI. */
function decodeIso2022Kr(bytes: Uint8Array): string {
  const shifted: number[] = [];
  let isOut = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === SHIFT_OUT || byte === SHIFT_IN) isOut = byte === SHIFT_OUT;
    else if (byte === ESCAPE && latin1Text(bytes.subarray(i + 1, i + 4)) === "$)C") i += 3;
    else {
      if (byte === LF) isOut = false;
      shifted.push(isOut && byte > 0x20 ? byte | 0x80 : byte);
    }
  }
  return eucKr.decode(Uint8Array.from(shifted));
}

/** HZ (RFC 1843): GB 2312 without its eighth bits, between `~{` and `~}`. */
function decodeHz(bytes: Uint8Array): string {
  const shifted: number[] = [];
  let isChinese = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    const next = bytes[i + 1];
    const isEscape = byte === TILDE &&
      (next === TILDE || next === OPEN_BRACE || next === CLOSE_BRACE || next === LF);
    if (isEscape) {
      if (next === TILDE) shifted.push(TILDE);
      else if (next !== LF) isChinese = next === OPEN_BRACE;
      i++;
    } else {
      if (byte === LF) isChinese = false;
      shifted.push(isChinese && byte > 0x20 ? byte | 0x80 : byte);
    }
  }
  return gbk.decode(Uint8Array.from(shifted));
}

/** The decoders, by label in lower case. */
export const SEVEN_BIT_DECODERS: ReadonlyMap<string, (bytes: Uint8Array) => string> = new Map([
  ["utf-7", decodeUtf7],
  ["utf7", decodeUtf7],
  ["unicode-1-1-utf-7", decodeUtf7],
  ["csunicode11utf7", decodeUtf7],
  ["iso-2022-kr", decodeIso2022Kr],
  ["csiso2022kr", decodeIso2022Kr],
  ["hz-gb-2312", decodeHz],
  ["hz", decodeHz],
]);

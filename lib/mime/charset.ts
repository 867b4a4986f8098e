/**
 * Decodes text in any charset.
 *
 * Mail names charsets that do not exist, and names one while its text is in another. A filter must not fail on such mail,
 * and should see what a reader sees, so the choice is that of browsers, and with them of webmail.
 *
 * @module
 */

import { SEVEN_BIT_DECODERS } from "./seven_bit.ts";

/** Labels in mail that the Encoding Standard does not list, and what they mean. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["cp932", "shift_jis"],
  ["cp936", "gbk"],
  ["cp949", "euc-kr"],
  ["cp950", "big5"],
  ["euckr", "euc-kr"],
  ["eucjp", "euc-jp"],
  // What Python writes for big5 and gb2312.
  ["big5_tw", "big5"],
  ["eucgb2312_cn", "gbk"],
  ["iso2022_jp", "iso-2022-jp"],
  ["gb18030-2000", "gb18030"],
  ["koi8", "koi8-r"],
  ["latin-1", "windows-1252"],
  ["macroman", "macintosh"],
  ["shiftjis", "shift_jis"],
  ["utf8mb4", "utf-8"],
]);

/** What says no more than that the text has no bytes above 127; text with such bytes says something else. */
const ASCII: ReadonlySet<string> = new Set([
  "us-ascii",
  "ascii",
  "usascii",
  "us",
  "iso646-us",
  "iso_646.irv:1991",
  "ansi_x3.4-1968",
  "ansi_x3.4-1986",
]);

/** Another way to write `windows-1252` and its like. */
const CODE_PAGE = /^(?:windows|win|ms|cp|x-cp|ibm)?[-_]?(125\d|874)$/;

/** The longest label that is looked at, in characters. */
const MAX_LABEL = 100;

const decoders = new Map<string, TextDecoder>();
/** The last label that nobody knows: to find that out again for each of thousands of words would take long. */
let unknown: string | undefined;
/** What a decoder puts in place of what it cannot decode. */
const REPLACEMENT = "\ufffd";
const windows1252 = new TextDecoder("windows-1252");
const utf8 = new TextDecoder("utf-8");

/**
 * Decodes bytes as text. Never throws: bytes that the charset does not have become U+FFFD.
 *
 * The label means what it means in browsers (the WHATWG Encoding Standard): `iso-8859-1` is windows-1252, `gb2312` is GBK,
 * `utf-16` is little-endian unless the text has a byte order mark that says otherwise. A byte order mark is not part of
 * the text. Labels that mail has and browsers do not know, such as `cp932`, `utf-7`, `hz-gb-2312` and `iso-2022-kr`, are
 * read as what they stand for.
 *
 * Without a label, with one that nobody knows, and with `us-ascii`, which has no bytes above 127, the text is UTF-8 if it is
 * valid UTF-8, and windows-1252 otherwise. A charset that is known is believed, even
 * if the text looks like another one, since readers believe it too.
 *
 * @param bytes the text
 * @param label the name of its charset, in any case; blanks and quotation marks around it do not count
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { decodeText } from "./charset.ts";
 *
 * assert.equal(decodeText(Uint8Array.of(0xe4, 0xb8, 0xad)), "中");
 * assert.equal(decodeText(Uint8Array.of(0xd6, 0xd0), "GB2312"), "中");
 * assert.equal(decodeText(Uint8Array.of(0x63, 0x61, 0x66, 0xe9), "no-such-charset"), "café");
 * ```
 */
export function decodeText(bytes: Uint8Array, label?: string): string {
  const name = label === undefined ? "" : normalLabel(label);
  const sevenBit = SEVEN_BIT_DECODERS.get(name);
  if (sevenBit !== undefined) return sevenBit(bytes);
  const isBigEndian = name === "utf-16" && bytes[0] === 0xfe && bytes[1] === 0xff;
  // Python writes euc_kr for euc-kr.
  const decoder = decoderNamed(isBigEndian ? "utf-16be" : name) ?? decoderNamed(name.replaceAll("_", "-"));
  return decoder === undefined ? guessedText(bytes) : decoder.decode(bytes);
}

/** UTF-8 if it is valid, otherwise windows-1252. */
function guessedText(bytes: Uint8Array): string {
  const text = utf8.decode(bytes);
  if (!text.includes(REPLACEMENT)) return text;
  // Each that the bytes do not have stands for an error. A decoder that throws would take long for thousands of names.
  let replacements = text.split(REPLACEMENT).length - 1;
  for (let at = bytes.indexOf(0xef); at >= 0; at = bytes.indexOf(0xef, at + 1)) {
    if (bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd) replacements--;
  }
  return replacements === 0 ? text : windows1252.decode(bytes);
}

/**
 * The name of a charset in the Encoding Standard.
 *
 * @param label what a message calls it, see {@linkcode decodeText}
 * @returns undefined if browsers do not know it, or it says no more than ASCII
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { charsetName } from "./charset.ts";
 *
 * assert.equal(charsetName("latin1"), "windows-1252");
 * assert.equal(charsetName("us-ascii"), undefined);
 * ```
 */
export function charsetName(label: string): string | undefined {
  return decoderNamed(normalLabel(label))?.encoding;
}

/** What a label stands for, in lower case; empty if it does not say how to read bytes above 127. */
function normalLabel(label: string): string {
  if (label.length > MAX_LABEL) return "";
  const name = label.toLowerCase().replace(/^[\s"']+/, "").replace(/[\s"']+$/, "");
  if (ASCII.has(name)) return "";
  const page = CODE_PAGE.exec(name)?.[1];
  return page === undefined ? ALIASES.get(name) ?? name : `windows-${page}`;
}

/** The decoder for a label of the Encoding Standard; undefined for any other. */
function decoderNamed(name: string): TextDecoder | undefined {
  if (name === "") return undefined;
  const known = decoders.get(name);
  if (known !== undefined || name === unknown) return known;
  try {
    const decoder = new TextDecoder(name);
    decoders.set(name, decoder);
    return decoder;
  } catch {
    unknown = name;
    return undefined;
  }
}

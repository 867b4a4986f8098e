/**
 * Decodes text in any charset.
 *
 * Mail names charsets that do not exist, or names one charset while its text is in another. A filter must not fail on
 * such mail, and should see what a reader sees, so this follows browsers, and thereby webmail.
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

/** Labels that only say that the text has no bytes above 127. If it has some, the label is wrong. */
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

/** Other spellings of `windows-1252` and the like. */
const CODE_PAGE = /^(?:windows|win|ms|cp|x-cp|ibm)?[-_]?(125\d|874)$/;

/** The longest label that is examined, in characters. */
const MAX_LABEL = 100;

const decoders = new Map<string, TextDecoder>();
/** The last unknown label: looking it up again for each of thousands of words would take long. */
let unknown: string | undefined;
/** What a decoder puts in place of what it cannot decode. */
const REPLACEMENT = "\ufffd";
const windows1252 = new TextDecoder("windows-1252");
const utf8 = new TextDecoder("utf-8");

/**
 * Decodes bytes as text. Never throws: bytes that are invalid in the charset become U+FFFD.
 *
 * The label means what it means in browsers (the WHATWG Encoding Standard): `iso-8859-1` is windows-1252, `gb2312` is
 * GBK, `utf-16` is little-endian unless the text has a byte order mark that says otherwise. A byte order mark is not
 * part of the text. Labels that occur in mail but are unknown to browsers, such as `cp932`, `utf-7`, `hz-gb-2312` and
 * `iso-2022-kr`, have their usual meaning.
 *
 * With no label, an unknown label, or `us-ascii`, which has no bytes above 127, the text is UTF-8 if it is valid UTF-8,
 * and windows-1252 otherwise. A known charset is trusted, even if the text looks like another one, since mail programs
 * trust it too.
 *
 * @param bytes the text
 * @param label the name of its charset, in any case; blanks and quotation marks around it are ignored
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
  // Each U+FFFD that is not in the bytes themselves marks an error. A decoder that throws would take long for thousands
  // of names.
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
 * @returns undefined if browsers do not know it, or if it only means ASCII
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

/** The normalized label, in lower case; empty if it does not say how to read bytes above 127. */
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

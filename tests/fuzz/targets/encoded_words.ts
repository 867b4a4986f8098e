/**
 * Encoded words in fields.
 *
 * @module
 */
import { foldHeader } from "../../../lib/message/fold.ts";
import { HeaderField } from "../../../lib/message/header.ts";
import { latin1Bytes, latin1Text } from "../../../lib/message/text.ts";
import { decodeText } from "../../../lib/mime/charset.ts";
import { encodeWords } from "../../../lib/mime/encode_words.ts";
import { decodeWords } from "../../../lib/mime/encoded_words.ts";
import { hold, same, type Target } from "../engine/target.ts";

/** The longest text that the slow reader is given: its time grows with the square. */
const MAX_SLOW = 2000;

const PIECES = [
  "=?utf-8?Q?",
  "=?UTF-8?b?",
  "=?iso-8859-1*en?q?",
  "=?iso-2022-jp?B?GyRCJUYlOSVIGyhC?=",
  "=?utf-7?Q?+AGw-?=",
  "=?x?Q?=FC?=",
  "=?utf-8?B?5Lg=?=",
  "=?utf-8?B?rQ?=",
  "=?",
  "?=",
  "=",
  "?",
  "=E4=B8",
  "=AD",
  "=0d=0A=00",
  "_",
  "bG90dGVyeQ==",
  "!",
  " ",
  "\r\n ",
  "\n\t",
  "lottery",
  "\xc3\xbc",
  "\xfc",
  "\0",
];

export const encodedWords: Target = {
  name: "encoded-words",
  promise: "words are decoded as by a slow reader to one clean line, which reads the same when encoded again",
  cases: 4000,
  words: PIECES,
  seeds: () => [latin1Bytes("Re: =?utf-8?B?WW91IHdvbiB0aGUgbG90dGVyeQ==?= =?utf-8?Q?=C3=BC?= (x)")],
  make(random) {
    let text = "";
    for (let i = 1 + random.below(12); i > 0; i--) text += random.pick(PIECES);
    return latin1Bytes(text);
  },
  check(bytes) {
    const decoded = decodeWords(bytes);
    hold(decoded.isWellFormed(), "decoded text is well-formed");
    if (bytes.length <= MAX_SLOW) {
      same(decoded, slowly(latin1Text(bytes)), "words are those of a slow reader");
    }
    const { text } = HeaderField.of("Subject", bytes);
    hold(!/\p{Cc}|[\u2028\u2029]|^\s|\s$/u.test(text), "a text is one line without controls", () => text);
    const encoded = encodeWords(text, "Subject");
    hold(/^[ -~]*$/.test(encoded), "what is encoded is ASCII", () => encoded);
    for (const word of encoded.split(" ")) {
      hold(
        !word.startsWith("=?") || word.length <= 75,
        "an encoded word has at most 75 characters",
        () => word,
      );
    }
    const folded = foldHeader("Subject", encoded);
    same(HeaderField.of("Subject", folded).text, text, "a text reads the same when encoded and folded");
    same(encodeWords(decoded), encodeWords(text), "a line break in a text is a space");
  },
};

/** An encoded word, in which no other one begins. */
const WORD = /=\?([^?\s]{1,100})\?([bq])\?((?:(?!=\?(?!=)[^?\s]{1,100}\?[bq]\?)[^])*?)\?=/gi;

/** Decodes words by one expression and the runtime's own base64. */
function slowly(raw: string): string {
  /** What is between words, as text, and words, in turn; words of one charset as one. */
  const runs: { charset: string | undefined; bytes: string }[] = [];
  let end = 0;
  const add = (charset: string | undefined, bytes: string) => {
    const last = runs.at(-1);
    const shifts = charset !== undefined && /^(?:iso-2022-jp|utf-7)$/.test(charset);
    if (last !== undefined && last.charset === charset && !shifts) last.bytes += bytes;
    else runs.push({ charset, bytes });
  };
  for (const match of raw.matchAll(WORD)) {
    const [whole, label = "", encoding = "", text = ""] = match;
    const bytes = encoding.toLowerCase() === "b" ? base64(text) : q(text);
    if (bytes === "" && text !== "") continue;
    const between = raw.slice(end, match.index);
    const isAfterWord = runs.at(-1)?.charset !== undefined && end > 0;
    if (!isAfterWord || /[^ \t\r\n]/.test(between)) add(undefined, between);
    add(label.replace(/\*.*/, "").toLowerCase(), bytes);
    end = match.index + whole.length;
  }
  add(undefined, raw.slice(end));
  return runs.map(({ charset, bytes }) => decodeText(latin1Bytes(bytes), charset)).join("");
}

function q(text: string): string {
  return text.split(/(_|=[0-9a-f]{2})/i).map((piece, i) => {
    if (i % 2 === 0) return piece;
    return piece === "_" ? " " : String.fromCharCode(Number(`0x${piece.slice(1)}`));
  }).join("");
}

function base64(text: string): string {
  return text.replace(/[^A-Za-z0-9+/=]/g, "").split("=").map((group) =>
    atob(group.length % 4 === 1 ? group.slice(0, -1) : group)
  ).join("");
}

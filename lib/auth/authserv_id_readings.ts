/**
 * The ways in which programs read the beginning of an Authentication-Results field that is not as RFC 8601 wants it.
 *
 * A reading is a string of what names consist of, in lower case: letters, digits, `.`, `-` and `_`, with one space for
 * whatever else stood between them. An id is looked for with spaces allowed anywhere in it, since a program that cuts a
 * field at other places than we do may put the pieces together again.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { domainToUnicode } from "node:url";
import { decodeUtf8, isAscii } from "./bytes.ts";

/** Where an id has to stand in a reading: anywhere, as a word of its own, or as the first word. */
export type IdPlace = "anywhere" | "word" | "first";

/**
 * An expression that finds an id in readings, the U-labels of its A-labels too. It takes time in proportion to the
 * reading.
 *
 * @param id In lower case, without dots at its ends.
 */
export function idPattern(id: string, place: IdPlace): RegExp {
  const labels = id.split(".").map((label) => {
    const spellings = [label];
    if (label.startsWith("xn--")) spellings.push(folded(domainToUnicode(label), "NFKC"));
    return spellings.map(spaced).filter((spelling) => spelling !== "").join("|");
  });
  const name = labels.map((label) => `(?:${label})`).join(" ?\\. ?");
  if (!labels.some((label) => label !== "")) return /(?!)/;
  if (place === "anywhere") return new RegExp(name, "u");
  return new RegExp(`${place === "first" ? "^ ?" : "(?<![^ ])"}${name}(?: ?\\.)*(?: |$)`, "u");
}

/** The characters of a label as they are found in readings, with a space between any two of them. */
function spaced(label: string): string {
  return [...nameCharacters(label).replaceAll(" ", "")].join(" ?");
}

/**
 * The readings of a text, none of them twice.
 *
 * @param text One character per byte.
 */
export function readingsOf(text: string): Set<string> {
  const readings = new Set<string>();
  for (const decoded of decodings(text)) {
    for (const bare of withoutComments(decoded)) {
      const reading = nameCharacters(bare);
      readings.add(reading);
      // Decoders of A-labels take `xn--example-` for `example`.
      if (reading.includes("xn--")) readings.add(reading.replace(/xn--([\w-]+)-(?![\w-])/g, "$1"));
    }
  }
  return readings;
}

/** What may be made of bytes beyond ASCII. */
function decodings(text: string): Set<string> {
  if (isAscii(text)) return new Set([text]);
  const utf8 = decodeUtf8(text);
  const texts = utf8 === undefined ? [Buffer.from(text, "latin1").toString("utf8"), text] : [utf8];
  return new Set([
    // dropped; without their highest bit, as Sendmail's SevenBitInput gives them
    asciiOnly(text),
    text.replace(/[\x80-\xff]/g, (char) => String.fromCharCode(char.charCodeAt(0) & 0x7f)),
    // the nearest letters of ASCII; what IDNA makes of them (UTS 46)
    ...texts.map((each) => asciiOnly(folded(each, "NFKD"))),
    ...texts.map((each) => folded(each, "NFKC")),
  ]);
}

function asciiOnly(text: string): string {
  return text.replace(/[^\0-\x7f]+/g, "");
}

/** Without differences of width, case and composition. Upper case comes first for the letters that have no other. */
function folded(text: string, form: "NFKC" | "NFKD"): string {
  // To sort a run of marks takes time in proportion to its square; UAX 15 has no more than 30 in text of use to anybody.
  const normal = text.replace(/(\p{M}{30})\p{M}+/gu, "$1").normalize(form).replace(/\u3002/g, ".");
  return (form === "NFKD" ? normal.toUpperCase() : normal).toLowerCase().replace(/\u03c2/g, "\u03c3");
}

function nameCharacters(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{M}\p{N}._-]+/gu, " ");
}

/** What is left without comments, to programs that differ in what a comment is; with them, first of all. */
function withoutComments(text: string): Set<string> {
  const texts = new Set([text]);
  if (!/[("\\]/.test(text)) return texts;
  for (const escapes of [true, false]) {
    for (const quotes of [true, false]) texts.add(withoutPairs(text, escapes, quotes));
  }
  texts.add(text.replace(/\([^()]*\)/g, " "));
  texts.add(withoutTokenComments(text));
  return texts;
}

/**
 * Without all that stands in parentheses, nested ones too; a parenthesis that has no partner stays.
 *
 * @param escapes whether a backslash takes the meaning of the character behind it
 * @param quotes whether parentheses between quotation marks mean nothing
 */
function withoutPairs(text: string, escapes: boolean, quotes: boolean): string {
  const open: number[] = [];
  const pairs: { start: number; end: number }[] = [];
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (escapes && char === "\\") at++;
    else if (quotes && char === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (char === "(") open.push(at);
    else if (char === ")") {
      const start = open.pop();
      if (start === undefined) continue;
      while ((pairs.at(-1)?.start ?? -1) > start) pairs.pop();
      pairs.push({ start, end: at + 1 });
    }
  }
  let rest = "";
  let from = 0;
  for (const { start, end } of pairs) {
    rest += text.slice(from, start) + " ";
    from = end;
  }
  return rest + text.slice(from);
}

/**
 * Without the comments of opendmarc and opendkim. They take a text apart into tokens, and a comment is to them a token
 * that begins with a parenthesis, even with one that is quoted or escaped.
 */
function withoutTokenComments(text: string): string {
  let rest = "";
  let token = "";
  let escaped = false;
  let quoted = false;
  let depth = 0;
  const endToken = (behind: string) => {
    rest += (token.startsWith("(") ? " " : token) + behind;
    token = "";
  };
  for (const char of text) {
    if (escaped) {
      token += char;
      escaped = false;
    } else if (char === "\\") escaped = true;
    else if (char === '"' && depth === 0) quoted = !quoted;
    else if (quoted) token += char;
    else if (char === "(") {
      depth++;
      token += char;
    } else if (char === ")") {
      if (depth > 0 && --depth === 0) endToken(" ");
    } else if (depth > 0) token += char;
    else if (/[ \t-\r;=.]/.test(char)) endToken(char);
    else token += char;
  }
  endToken("");
  return rest;
}

/**
 * Imitates how other programs read the beginning of an Authentication-Results field that does not follow RFC 8601.
 *
 * A reading is a string of the characters of names, in lower case: letters, digits, `.`, `-` and `_`, with one space for
 * anything else between them. The id is searched for with spaces allowed anywhere in it, since a program that splits a field
 * at other places than we do may join the pieces again.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { domainToUnicode } from "node:url";
import { decodeUtf8, isAscii } from "./bytes.ts";

/** Where an id must be in a reading: anywhere, as a separate word, or as the first word. */
export type IdPlace = "anywhere" | "word" | "first";

/**
 * An expression that finds an id in readings, also with U-labels in place of its A-labels. It takes time in proportion to
 * the reading.
 *
 * @param id in lower case, without dots at its ends
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

/** The characters of a label as they occur in readings, with an optional space between any two of them. */
function spaced(label: string): string {
  return [...nameCharacters(label).replaceAll(" ", "")].join(" ?");
}

/**
 * The readings of a text, each once.
 *
 * @param text one character per byte
 */
export function readingsOf(text: string): Set<string> {
  const readings = new Set<string>();
  for (const decoded of decodings(text)) {
    for (const bare of withoutComments(decoded)) {
      const reading = nameCharacters(bare);
      readings.add(reading);
      // Decoders of A-labels read `xn--example-` as `example`.
      if (reading.includes("xn--")) readings.add(reading.replace(/xn--([\w-]+)-(?![\w-])/g, "$1"));
    }
  }
  return readings;
}

/** The ways to decode non-ASCII bytes. */
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

/** Without differences of width, case and composition. Converts to upper case first, for letters that have only that. */
function folded(text: string, form: "NFKC" | "NFKD"): string {
  // Sorting a run of marks takes time in proportion to its square; by UAX 15, useful text has no more than 30 in a row.
  const normal = text.replace(/(\p{M}{30})\p{M}+/gu, "$1").normalize(form).replace(/\u3002/g, ".");
  return (form === "NFKD" ? normal.toUpperCase() : normal).toLowerCase().replace(/\u03c2/g, "\u03c3");
}

function nameCharacters(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{M}\p{N}._-]+/gu, " ");
}

/** The text with its comments, then without them, for programs that differ in what a comment is. */
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
 * Without everything in parentheses, also nested ones; an unmatched parenthesis stays.
 *
 * @param escapes whether a backslash escapes the character after it
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
 * Without comments as opendmarc and opendkim read them. They split the text into tokens, and take a token for a comment if
 * it begins with a parenthesis, even a quoted or escaped one.
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

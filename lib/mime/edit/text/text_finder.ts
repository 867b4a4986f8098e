/**
 * Finds a text in mail that others have quoted, wrapped and formatted anew: only letters and digits count, in either case.
 *
 * @module
 */

import { HtmlScanner } from "./html_scanner.ts";

const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;
/** The longest character reference that is read. */
const LONGEST_REFERENCE = 10;

/** The names of the characters from U+00A0 to U+00FF, in order (HTML standard, 13.5). */
const LATIN_NAMES: readonly string[] = (
  "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para " +
  "middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave " +
  "Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc " +
  "Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc " +
  "iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml"
).split(" ");

/** The letters and digits of a text, in lower case: all of it that is compared. */
export function comparable(text: string): string {
  let letters = "";
  for (const char of text.normalize("NFC")) letters += comparableChar(char);
  return letters;
}

/**
 * Looks for a text in another one that comes in pieces. Quote marks, line breaks, white space, punctuation and, in HTML, tags
 * do not matter. Time is linear.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { TextFinder } from "./text_finder.ts";
 *
 * const finder = new TextFinder("Example Ltd, registered in Leeds", false);
 * finder.push("> Example Ltd, regis");
 * finder.push("tered\r\n> in Leeds");
 * assert.ok(finder.found);
 * ```
 */
export class TextFinder {
  readonly #wanted: readonly string[];
  /** For each number of matched characters, how many still match when the next one does not (Knuth, Morris, Pratt). */
  readonly #fallback: readonly number[];
  readonly #html: HtmlScanner | undefined;
  #matched = 0;
  #found = false;
  #reference: string | undefined;
  /** The first half of a character that takes two UTF-16 units. */
  #half = 0;

  /**
   * @param text what is looked for
   * @param isHtml whether to look for it in HTML
   */
  constructor(text: string, isHtml: boolean) {
    this.#wanted = [...comparable(text)];
    this.#fallback = fallbackOf(this.#wanted);
    this.#html = isHtml ? new HtmlScanner((unit) => this.#htmlUnit(unit)) : undefined;
  }

  /** Whether the text was found; never, if it has no letters or digits. */
  get found(): boolean {
    return this.#found;
  }

  /** Looks at the next piece. */
  push(piece: string): void {
    if (this.#found) return;
    if (this.#html === undefined) {
      for (const char of piece) this.#char(char);
      return;
    }
    const units = new Uint16Array(piece.length);
    for (let i = 0; i < piece.length; i++) units[i] = piece.charCodeAt(i);
    this.#html.push(units);
  }

  #htmlUnit(unit: number): void {
    const reference = this.#reference;
    if (reference === undefined) {
      if (unit === AMPERSAND) this.#reference = "";
      else this.#unit(unit);
    } else if (unit === SEMICOLON) {
      this.#reference = undefined;
      this.#char(referred(reference));
    } else if (
      reference.length < LONGEST_REFERENCE && unit < 0x80 && /[#\w]/.test(String.fromCharCode(unit))
    ) {
      this.#reference += String.fromCharCode(unit);
    } else {
      // It was no reference.
      this.#reference = undefined;
      for (const char of reference) this.#char(char);
      this.#htmlUnit(unit);
    }
  }

  #unit(unit: number): void {
    if (unit >= 0xd800 && unit <= 0xdbff) {
      this.#half = unit;
    } else {
      this.#char(this.#half === 0 ? String.fromCharCode(unit) : String.fromCharCode(this.#half, unit));
      this.#half = 0;
    }
  }

  #char(char: string): void {
    for (const each of comparableChar(char)) {
      while (this.#matched > 0 && each !== this.#wanted[this.#matched]) {
        this.#matched = this.#fallback[this.#matched]!;
      }
      if (each === this.#wanted[this.#matched]) this.#matched++;
      if (this.#matched < this.#wanted.length || this.#matched === 0) continue;
      this.#found = true;
      this.#matched = 0;
    }
  }
}

function comparableChar(char: string): string {
  const code = char.charCodeAt(0);
  if (code >= 0x80) return /[\p{L}\p{N}]/u.test(char) ? char.toLowerCase() : "";
  const isDigit = code >= 0x30 && code <= 0x39;
  const letter = code | 0x20;
  return isDigit ? char : letter >= 0x61 && letter <= 0x7a ? String.fromCharCode(letter) : "";
}

/** The character that a reference stands for, without its ampersand and semicolon; empty if that is not known. */
function referred(reference: string): string {
  const [, decimal, hexadecimal] = /^#(?:(\d+)|[xX]([\da-fA-F]+))$/.exec(reference) ?? [];
  const code = decimal === undefined ? parseInt(hexadecimal ?? "", 16) : Number(decimal);
  if (code <= 0x10ffff) return String.fromCodePoint(code);
  const named = LATIN_NAMES.indexOf(reference);
  return named < 0 ? "" : String.fromCharCode(0xa0 + named);
}

function fallbackOf(wanted: readonly string[]): number[] {
  const fallback = [0, 0];
  let matched = 0;
  for (let i = 1; i < wanted.length; i++) {
    while (matched > 0 && wanted[i] !== wanted[matched]) matched = fallback[matched]!;
    if (wanted[i] === wanted[matched]) matched++;
    fallback.push(matched);
  }
  return fallback;
}

/**
 * Reads HTML as the text that people see, with its character references.
 *
 * @module
 */

import { HtmlScanner } from "./html_scanner.ts";

const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;
/** The longest character reference that is decoded. */
const LONGEST_REFERENCE = 10;

/** The names of the characters from U+00A0 to U+00FF, in order (HTML standard, 13.5). */
const LATIN_NAMES: readonly string[] = (
  "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para " +
  "middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave " +
  "Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc " +
  "Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc " +
  "iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml"
).split(" ");

/** Reads HTML in pieces. Tags are dropped without replacement. */
export class HtmlText {
  readonly #onChar: (code: number) => void;
  readonly #scanner = new HtmlScanner((unit) => this.#unit(unit));
  #reference: string | undefined;
  /** The first half of a character that takes two UTF-16 units. */
  #half = 0;

  /** @param onChar receives each character as a code point; unknown references are dropped */
  constructor(onChar: (code: number) => void) {
    this.#onChar = onChar;
  }

  /** Reads the next piece. */
  push(piece: string): void {
    const units = new Uint16Array(piece.length);
    for (let i = 0; i < piece.length; i++) units[i] = piece.charCodeAt(i);
    this.#scanner.push(units);
  }

  #unit(unit: number): void {
    const reference = this.#reference;
    if (reference === undefined) {
      if (unit === AMPERSAND) this.#reference = "";
      else this.#char(unit);
    } else if (unit === SEMICOLON) {
      this.#reference = undefined;
      const code = referred(reference);
      if (code !== undefined) this.#onChar(code);
    } else if (reference.length < LONGEST_REFERENCE && isReferenceUnit(unit)) {
      this.#reference += String.fromCharCode(unit);
    } else {
      // It was not a reference.
      this.#reference = undefined;
      for (const char of `&${reference}`) this.#onChar(char.charCodeAt(0));
      this.#unit(unit);
    }
  }

  #char(unit: number): void {
    if (unit >= 0xd800 && unit <= 0xdbff) {
      this.#half = unit;
      return;
    }
    this.#onChar(this.#half === 0 ? unit : String.fromCharCode(this.#half, unit).codePointAt(0)!);
    this.#half = 0;
  }
}

/** The text of HTML. */
export function textOfHtml(html: string): string {
  let text = "";
  new HtmlText((code) => text += String.fromCodePoint(code)).push(html);
  return text;
}

/** A letter, a digit or a number sign. */
function isReferenceUnit(unit: number): boolean {
  return unit < 0x80 && /[#\w]/.test(String.fromCharCode(unit));
}

/** The code point that a reference stands for; undefined if it is unknown. */
function referred(reference: string): number | undefined {
  const [, decimal, hexadecimal] = /^#(?:(\d+)|[xX]([\da-fA-F]+))$/.exec(reference) ?? [];
  const code = decimal === undefined ? parseInt(hexadecimal ?? "", 16) : Number(decimal);
  if (code <= 0x10ffff) return code;
  const named = LATIN_NAMES.indexOf(reference);
  return named < 0 ? undefined : 0xa0 + named;
}

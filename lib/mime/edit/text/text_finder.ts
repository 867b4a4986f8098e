/**
 * Finds a text in mail even if it was quoted, rewrapped or reformatted: only letters and digits count, in either case.
 *
 * @module
 */

import { HtmlText } from "./html_text.ts";

/** What each ASCII character is compared as: a lower-case letter, a digit, or 0 if it is ignored. */
const COMPARED = Uint16Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code);
  return /[a-z0-9]/i.test(char) ? char.toLowerCase().charCodeAt(0) : 0;
});

/** The letters and digits of a text, in lower case: what is compared. */
export function comparable(text: string): string {
  let letters = "";
  for (const char of text.normalize("NFC")) letters += comparableChar(char.codePointAt(0)!);
  return letters;
}

/**
 * Searches for a text in another one that comes in pieces. Quote marks, line breaks, white space, punctuation and, in
 * HTML, tags are ignored. Takes linear time.
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
  readonly #wanted: readonly number[];
  /** For each number of matched characters, how many still match when the next one does not (Knuth, Morris, Pratt). */
  readonly #fallback: readonly number[];
  readonly #html: HtmlText | undefined;
  #matched = 0;
  #found = false;

  /**
   * @param text the text to look for
   * @param isHtml whether to look for it in HTML
   */
  constructor(text: string, isHtml: boolean) {
    this.#wanted = Array.from(comparable(text), (char) => char.codePointAt(0)!);
    this.#fallback = fallbackOf(this.#wanted);
    this.#html = isHtml ? new HtmlText((code) => this.#char(code)) : undefined;
  }

  /** Whether the text was found; never, if it has no letters or digits. */
  get found(): boolean {
    return this.#found;
  }

  /** Searches the next piece, which ends with a whole character. */
  push(piece: string): void {
    if (this.#found) return;
    const text = piece.normalize("NFC");
    if (this.#html !== undefined) return this.#html.push(text);
    for (let i = 0; i < text.length; i++) {
      const code = text.codePointAt(i)!;
      if (code > 0xffff) i++;
      this.#char(code);
    }
  }

  #char(code: number): void {
    if (code < 0x80) {
      const compared = COMPARED[code]!;
      if (compared !== 0) this.#compared(compared);
      return;
    }
    for (const char of comparableChar(code)) this.#compared(char.codePointAt(0)!);
  }

  #compared(code: number): void {
    const wanted = this.#wanted;
    let matched = this.#matched;
    while (matched > 0 && code !== wanted[matched]) matched = this.#fallback[matched]!;
    if (code === wanted[matched]) matched++;
    if (matched > 0 && matched === wanted.length) {
      this.#found = true;
      matched = 0;
    }
    this.#matched = matched;
  }
}

function comparableChar(code: number): string {
  if (code < 0x80) return COMPARED[code] === 0 ? "" : String.fromCharCode(COMPARED[code]!);
  const char = String.fromCodePoint(code);
  return /[\p{L}\p{N}]/u.test(char) ? char.toLowerCase() : "";
}

function fallbackOf(wanted: readonly number[]): number[] {
  const fallback = [0, 0];
  let matched = 0;
  for (let i = 1; i < wanted.length; i++) {
    while (matched > 0 && wanted[i] !== wanted[matched]) matched = fallback[matched]!;
    if (wanted[i] === wanted[matched]) matched++;
    fallback.push(matched);
  }
  return fallback;
}

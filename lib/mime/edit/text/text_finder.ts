/**
 * Finds a text in mail that others have quoted, wrapped and formatted anew: only letters and digits count, in either case.
 *
 * @module
 */

import { HtmlText } from "./html_text.ts";

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
  readonly #html: HtmlText | undefined;
  #matched = 0;
  #found = false;

  /**
   * @param text what is looked for
   * @param isHtml whether to look for it in HTML
   */
  constructor(text: string, isHtml: boolean) {
    this.#wanted = [...comparable(text)];
    this.#fallback = fallbackOf(this.#wanted);
    this.#html = isHtml ? new HtmlText((char) => this.#char(char)) : undefined;
  }

  /** Whether the text was found; never, if it has no letters or digits. */
  get found(): boolean {
    return this.#found;
  }

  /** Looks at the next piece. */
  push(piece: string): void {
    if (this.#found) return;
    if (this.#html !== undefined) this.#html.push(piece);
    else for (const char of piece) this.#char(char);
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

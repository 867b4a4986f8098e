/**
 * Maps the characters of a text to the classes that an expression distinguishes.
 *
 * Characters that belong to the same sets of an expression share one symbol. A character's symbol is determined when it
 * first occurs in a text.
 *
 * @module
 */

import { type CharSet, isLineBreak, nativeSet } from "./char_set.ts";
import type { Program } from "./program.ts";

/** The end of the text, as a symbol. */
export const END = 0;

/** The kinds of characters that assertions distinguish; `Edge` means that there is none. */
export const Kind = { Edge: 0, LineBreak: 1, Word: 2, Other: 3 } as const;

/** The maximum number of pages kept, of 256 characters each; texts in one script need a few. */
const MAX_PAGES = 256;

/** The maximum number of symbols kept between searches. */
const MAX_SYMBOLS = 4096;

/** The alphabet of an expression. */
export class Alphabet {
  /** For each symbol, its kind. */
  readonly kinds: number[] = [Kind.Edge];
  /** For each symbol, a bit for each set that contains it, 32 sets per number. */
  readonly members: Uint32Array[];
  readonly #program: Program;
  readonly #unicode: boolean;
  readonly #isWord: (char: number) => boolean;
  /** Symbols by the sets that contain them. */
  readonly #symbols = new Map<string, number>();
  /** Symbols by character; 0 for a character not seen yet. */
  readonly #pages = new Map<number, Uint32Array>();
  /** The symbols of the first 256 characters; {@linkcode END} for one not seen yet. */
  firstPage: Uint32Array = new Uint32Array(256);

  /**
   * @param program the expression's program
   * @param ignoreCase whether it has the flag i
   * @param unicode whether it has the flag u
   */
  constructor(program: Program, ignoreCase: boolean, unicode: boolean) {
    this.#program = program;
    this.#unicode = unicode;
    this.#isWord = nativeSet("\\w", { ignoreCase, unicode, dotAll: false }).has;
    this.members = [packed(program.sets, () => false)];
  }

  /**
   * Forgets all symbols if there are very many. Do not call it during a search, since symbols get new numbers.
   *
   * @returns whether it did
   */
  trim(): boolean {
    if (this.members.length <= MAX_SYMBOLS) return false;
    this.#symbols.clear();
    this.#pages.clear();
    this.firstPage = new Uint32Array(256);
    this.members.length = 1;
    this.kinds.length = 1;
    return true;
  }

  /** The symbol at a position of a text; {@linkcode END} at its end. */
  symbolAt(text: string, at: number): number {
    if (at >= text.length) return END;
    const unit = text.charCodeAt(at);
    if (unit < 256) return this.firstPage[unit] || this.#meet(unit);
    const char = this.#unicode ? text.codePointAt(at)! : unit;
    return this.#pages.get(char >> 8)?.[char & 255] || this.#meet(char);
  }

  /** The length of the character at a position, in code units. */
  widthAt(text: string, at: number): number {
    return this.#unicode && isPair(text, at) ? 2 : 1;
  }

  /** The kind of the character before a position. */
  kindBefore(text: string, at: number): number {
    if (at === 0) return Kind.Edge;
    const start = this.#unicode && at > 1 && isPair(text, at - 2) ? at - 2 : at - 1;
    return this.kinds[this.symbolAt(text, start)]!;
  }

  #meet(char: number): number {
    const kind = this.#kindOf(char);
    const members = packed(this.#program.sets, (set) => set.has(char));
    const key = `${kind} ${members}`;
    let symbol = this.#symbols.get(key);
    if (symbol === undefined) {
      symbol = this.members.push(members) - 1;
      this.kinds.push(kind);
      this.#symbols.set(key, symbol);
    }
    this.#pageOf(char)[char & 255] = symbol;
    return symbol;
  }

  #kindOf(char: number): number {
    const { tellsLines, tellsWords } = this.#program;
    if (tellsLines && isLineBreak(char)) return Kind.LineBreak;
    return tellsWords && this.#isWord(char) ? Kind.Word : Kind.Other;
  }

  #pageOf(char: number): Uint32Array {
    const number = char >> 8;
    if (number === 0) return this.firstPage;
    let page = this.#pages.get(number);
    if (page === undefined) {
      if (this.#pages.size >= MAX_PAGES) this.#pages.clear();
      page = new Uint32Array(256);
      this.#pages.set(number, page);
    }
    return page;
  }
}

function isPair(text: string, at: number): boolean {
  const high = text.charCodeAt(at);
  if (high < 0xd800 || high > 0xdbff) return false;
  const low = text.charCodeAt(at + 1);
  return low >= 0xdc00 && low <= 0xdfff;
}

function packed(sets: readonly CharSet[], has: (set: CharSet) => boolean): Uint32Array {
  const bits = new Uint32Array((sets.length + 31) >> 5);
  for (const [i, set] of sets.entries()) if (has(set)) bits[i >> 5]! |= 1 << (i & 31);
  return bits;
}

/**
 * Translates expressions of PCRE into the dialect of this program's expressions, JavaScript's without lookaround.
 *
 * @module
 */

import { POSIX_CLASSES } from "../../../../lib/options/lists/posix_expression.ts";
import type { Fail } from "../../../../lib/options/quantities.ts";

/** Escapes of PCRE outside of brackets that are written in another way. */
const ESCAPES: Readonly<Record<string, string>> = {
  A: "^",
  Z: "$",
  z: "$",
  h: "[ \\t]",
  H: "[^ \\t]",
  N: "[^\\n]",
  R: "(?:\\r\\n|[\\n-\\r])",
  a: "\\x07",
  e: "\\x1b",
  V: "[^\\n-\\r]",
  v: "[\\n-\\r]",
};

/** Those within brackets. */
const ESCAPES_IN_BRACKETS: Readonly<Record<string, string>> = {
  h: " \\t",
  v: "\\n-\\r",
  a: "\\x07",
  e: "\\x1b",
};

/** What PCRE can ask for and no engine that matches in linear time can answer, or this translation does not know. */
const UNKNOWN: readonly (readonly [begin: RegExp, reason: string])[] = [
  [
    /^\(\?<?[=!]/,
    "it looks around, which is taken over only right after a fixed start, such as in ^Subject: (?!x)",
  ],
  [/^\(\?>/, "an atomic group can refuse what it has matched before; write (?: if that does not matter"],
  [/^\(\?(?:R|[+-]?\d|&|P>)/, "it calls itself"],
  [/^\(\?P=|^\\(?:[1-9]|g|k)/, "it refers back to what a group matched; write out the texts that can repeat"],
  [/^\(\?\(/, "it has a condition"],
  [/^\(\?\|/, "it numbers groups anew in each alternative"],
  [/^\(\*/, "it has a verb"],
  [/^\\[pPX]/, "Postfix asks for bytes, which have no Unicode properties"],
  [/^\\[CGK]/, "it has an escape that is not supported"],
];

/** An expression in translation. */
export interface Translation {
  /** The text between the slashes. */
  readonly source: string;
  /** Whether case does not matter. */
  readonly ignoresCase: boolean;
}

/**
 * Translates an expression.
 *
 * @param source the text between the delimiters
 * @param flags the letters behind them, each of which turns the default around
 * @param fail called for what cannot be translated
 */
export function ofPcre(source: string, flags: string, fail: Fail): Translation {
  const translator = new Translator(source, flags, fail);
  return translator.translate();
}

class Translator {
  readonly #source: string;
  readonly #fail: Fail;
  readonly #anchored: boolean;
  #ignoresCase: boolean;
  /** Whether white space and comments do not count. */
  #isSpaced: boolean;
  #at = 0;
  #text = "";

  constructor(source: string, flags: string, fail: Fail) {
    this.#source = source;
    this.#fail = fail;
    this.#anchored = flags.includes("A");
    this.#ignoresCase = !flags.includes("i");
    this.#isSpaced = flags.includes("x");
  }

  translate(): Translation {
    this.#optionsAtStart();
    while (this.#at < this.#source.length) this.#token(this.#source.slice(this.#at));
    const source = this.#anchored ? `^(?:${this.#text})` : this.#text;
    return { source, ignoresCase: this.#ignoresCase };
  }

  /** Options for the whole expression, such as `(?i)`. */
  #optionsAtStart(): void {
    for (;;) {
      const [all, on = "", off = ""] = /^\(\?([imsx]*)(?:-([imsx]+))?\)/.exec(this.#source.slice(this.#at)) ??
        [];
      if (all === undefined) return;
      this.#at += all.length;
      if (on.includes("i") || off.includes("i")) this.#ignoresCase = on.includes("i");
      if (on.includes("x") || off.includes("x")) this.#isSpaced = on.includes("x");
    }
  }

  #token(rest: string): void {
    const char = rest[0]!;
    const [, reason] = UNKNOWN.find(([begin]) => begin.test(rest)) ?? [];
    if (reason !== undefined) this.#fail(`${reason}, at character ${this.#at + 1}`);
    if (this.#isSpaced && /\s/.test(char)) return this.#take(char, "");
    if (this.#isSpaced && char === "#") return this.#take(/^#[^\n]*/.exec(rest)![0], "");
    if (char === "\\") return this.#escape(rest);
    if (char === "[") return this.#bracket(rest);
    if (rest.startsWith("(?")) return this.#group(rest);
    if (/^[*+?{]/.test(rest)) return this.#quantifier(rest);
    this.#take(char, /[/\]}]/.test(char) ? `\\${char}` : char);
  }

  #take(taken: string, text: string): void {
    this.#at += taken.length;
    this.#text += text;
  }

  #escape(rest: string): void {
    const [quoted, literal] = /^\\Q(.*?)(?:\\E|$)/s.exec(rest) ?? [];
    if (quoted !== undefined) return this.#take(quoted, literal!.replace(/[\^$\\.*+?()[\]{}|/]/g, "\\$&"));
    if (rest.startsWith("\\E")) return this.#take("\\E", "");
    const [bytes = ""] = /^(?:\\x[89a-f][\da-f])+/i.exec(rest) ?? [];
    const character = charactersOf(bytes);
    if (character !== undefined) return this.#take(bytes, character);
    const [number, text] = numberedCharacter(rest, this.#fail) ?? [];
    if (number !== undefined) return this.#take(number, text!);
    const escape = rest.slice(0, 2);
    this.#take(escape, ESCAPES[escape.slice(1)] ?? escape);
  }

  #group(rest: string): void {
    const [comment] = /^\(\?#[^)]*\)/.exec(rest) ?? [];
    if (comment !== undefined) return this.#take(comment, "");
    const [named, angled, quoted] = /^\(\?(?:P?<([^>]*)>|'([^']*)')/.exec(rest) ?? [];
    if (named !== undefined) return this.#take(named, `(?<${angled ?? quoted}>`);
    const [options, on = "", off = "", end] = /^\(\?([imsxJU]*)(?:-([imsxJU]+))?([:)])/.exec(rest) ?? [];
    if (options === undefined) {
      this.#fail(`${rest.slice(0, 3)} at character ${this.#at + 1} is not supported`);
    }
    const changesCase = on.includes("i") && !this.#ignoresCase || off.includes("i") && this.#ignoresCase;
    if (changesCase || (on + off).includes("x")) {
      this.#fail(`${options} at character ${this.#at + 1} is for a part of the expression only`);
    }
    this.#take(options!, end === ":" ? "(?:" : "");
  }

  #quantifier(rest: string): void {
    const [quantifier, mode] = /^(?:[*+?]|\{\d+(?:,\d*)?\})([+?]?)/.exec(rest) ?? [];
    if (quantifier === undefined) return this.#take("{", "\\{");
    if (mode === "+") {
      this.#fail(
        `${quantifier} at character ${
          this.#at + 1
        } can refuse what it has matched before; leave out the second + if ` +
          "that does not matter",
      );
    }
    this.#take(quantifier, quantifier);
  }

  /** A set in brackets, in which a `]` at the start stands for itself. */
  #bracket(rest: string): void {
    const [begin] = /^\[\^?/.exec(rest)!;
    let text = begin;
    for (let at = begin.length; at < rest.length;) {
      const left = rest.slice(at);
      if (left.startsWith("]") && at > begin.length) return this.#take(rest.slice(0, at + 1), `${text}]`);
      const [taken, members] = this.#member(left);
      text += members;
      at += taken.length;
    }
    this.#fail(`the [ at character ${this.#at + 1} has no ] that ends it`);
  }

  #member(rest: string): readonly [taken: string, members: string] {
    const [posix, name] = /^\[:(\^?[a-z]+):\]/.exec(rest) ?? [];
    if (posix !== undefined) {
      const members = name === "word" ? "\\w" : POSIX_CLASSES[name!];
      return [posix, members ?? this.#fail(`${posix} is not supported`)];
    }
    const [range] = /^-\\(?:xff|x\{ff\}|377)/i.exec(rest) ?? [];
    // Postfix asks for bytes. Every character that is not ASCII has such bytes only, and here counts as one character.
    if (range !== undefined) return [range, "-\\uffff"];
    const numbered = numberedCharacter(rest, this.#fail);
    if (numbered !== undefined) return numbered;
    const char = String.fromCodePoint(rest.codePointAt(0)!);
    if (char !== "\\") return [char, /[[\]]/.test(char) ? `\\${char}` : char];
    const escape = rest.slice(0, 2);
    if (/^\\[HNRV]/.test(escape)) this.#fail(`${escape} in brackets is not supported`);
    return [escape, ESCAPES_IN_BRACKETS[escape.slice(1)] ?? escape];
  }
}

/** The characters of bytes that are written one by one, such as `\xc3\xa4`; undefined if they are not those of UTF-8. */
function charactersOf(bytes: string): string | undefined {
  const numbers = [...bytes.matchAll(/[\da-f]{2}/gi)].map(([digits]) => parseInt(digits, 16));
  try {
    return numbers.length === 0
      ? undefined
      : new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(numbers));
  } catch {
    return undefined;
  }
}

/** A character by its number: `\x{41}`, `\x4`, `\o{101}`, `\012`. */
function numberedCharacter(rest: string, fail: Fail): readonly [taken: string, text: string] | undefined {
  const [all, braced, digits, octal, zeros] =
    /^\\(?:x\{([\da-f]+)\}|x([\da-f]{1,2})|o\{([0-7]+)\}|(0[0-7]{0,2}|[0-3][0-7]{2}))/i.exec(rest) ?? [];
  if (all === undefined) return undefined;
  const code = braced ?? digits;
  const number = code === undefined ? parseInt(octal ?? zeros!, 8) : parseInt(code, 16);
  // PCRE takes no such number either where it asks for bytes, and \u has four digits.
  if (number > 0xffff) fail(`${all} is beyond \\x{ffff}, the last character that can be given by its number`);
  return [all, `\\${number > 0xff ? "u" : "x"}${number.toString(16).padStart(number > 0xff ? 4 : 2, "0")}`];
}

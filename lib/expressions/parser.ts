/**
 * Parses expressions in JavaScript's dialect (ECMA-262, with the grammar of web browsers), without lookaround and
 * backreferences.
 *
 * What JavaScript would read as literal text although nobody means it that way, such as `\A` or `[[:alpha:]]`, is
 * refused, and the error says what to write instead.
 *
 * @module
 */

import { type CharSet, dotSet, literalSet, nativeSet, type SetFlags } from "./char_set.ts";
import { readEscape } from "./escapes.ts";
import type { Refuse } from "./expression_error.ts";
import { choiceOf, type Node, sequenceOf, type Syntax } from "./syntax.ts";

/** How deep groups may be nested. */
export const MAX_DEPTH = 200;

/** The largest number allowed in the braces of a repetition. */
export const MAX_REPETITIONS = 1000;

const QUANTIFIER = /^(?:[*+?]|(\{(\d+)(,?)(\d*)\}))(\?)?/;
/** A character of two code units, which without the flag u are two characters. */
const PAIR = /[\ud800-\udbff][\udc00-\udfff]/;
const PAIR_AT_END = /[\ud800-\udbff][\udc00-\udfff]$/;
const POSIX_CLASS = /^\[([:.=])([^\]]*?)\1\]/;
const GROUP_NAME = /^\(\?<([\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*)>/u;

/** The flags that affect the meaning of an expression. */
export interface SyntaxFlags extends SetFlags {
  /** `^` and `$` match at the start and end of each line. */
  readonly multiline: boolean;
}

/**
 * Parses an expression.
 *
 * @param source the text between the slashes
 * @param flags its flags
 * @param refuse called for invalid or unsupported syntax
 */
export function parseSyntax(source: string, flags: SyntaxFlags, refuse: Refuse): Syntax {
  return new Parser(source, flags, refuse).parse();
}

class Parser {
  readonly #source: string;
  readonly #flags: SyntaxFlags;
  readonly #refuse: Refuse;
  readonly #names: (string | undefined)[] = [undefined];
  /** Sets parsed so far, by their source. */
  readonly #sets = new Map<string, CharSet>();
  #at = 0;
  #depth = 0;

  constructor(source: string, flags: SyntaxFlags, refuse: Refuse) {
    this.#source = source;
    this.#flags = flags;
    this.#refuse = refuse;
  }

  parse(): Syntax {
    const node = this.#choice();
    if (this.#at < this.#source.length) this.#invalid("there is no ( for this )");
    return { node, groupNames: this.#names };
  }

  #invalid(reason: string, at = this.#at): never {
    return this.#refuse("invalid-expression", `${reason}, at character ${at + 1}`);
  }

  #choice(): Node {
    const nodes = [this.#sequence()];
    while (this.#source[this.#at] === "|") {
      this.#at++;
      nodes.push(this.#sequence());
    }
    return choiceOf(nodes);
  }

  #sequence(): Node {
    const nodes: Node[] = [];
    for (;;) {
      const char = this.#source[this.#at];
      if (char === undefined || char === "|" || char === ")") return sequenceOf(nodes);
      const firstGroup = this.#names.length;
      const isPosition = /^(?:[$^]|\\[bB])/.test(this.#source.slice(this.#at, this.#at + 2));
      nodes.push(this.#repeated(this.#term(char), firstGroup, isPosition));
    }
  }

  #term(char: string): Node {
    const { multiline, unicode } = this.#flags;
    const source = this.#source;
    const next = source[this.#at + 1];
    switch (char) {
      case "^":
        this.#at++;
        return { type: "assertion", assertion: multiline ? "line-start" : "text-start", empty: true };
      case "$":
        this.#at++;
        return { type: "assertion", assertion: multiline ? "line-end" : "text-end", empty: true };
      case "(":
        return this.#group();
      case ".":
        this.#at++;
        return setNode(dotSet(this.#flags));
      case "[":
        return this.#class();
      case "\\":
        if (next === "b" || next === "B") {
          this.#at += 2;
          return { type: "assertion", assertion: next === "b" ? "boundary" : "no-boundary", empty: true };
        }
        return this.#escape();
      case "*":
      case "+":
      case "?":
        return this.#invalid(`there is nothing before the ${char} to repeat`);
      case "{": {
        const [braces] = /^\{\d*(?:,\d*)?\}/.exec(source.slice(this.#at, this.#at + 40)) ?? [];
        if (braces !== undefined && braces !== "{}" && braces !== "{,}") {
          if (braces.startsWith("{,")) this.#invalid(`write {0${braces.slice(1)} for at most so many`);
          this.#invalid(`there is nothing before the ${braces} to repeat`);
        }
      }
    }
    if (unicode && /[{}\]]/.test(char)) this.#invalid(`with the flag u, write \\${char}`);
    const code = unicode ? source.codePointAt(this.#at)! : source.charCodeAt(this.#at);
    this.#at += code > 0xffff ? 2 : 1;
    return setNode(this.#literal(code));
  }

  #literal(char: number): CharSet {
    return this.#known(String(char), () => literalSet(char, this.#flags));
  }

  #known(key: string, make: () => CharSet): CharSet {
    const known = this.#sets.get(key) ?? make();
    this.#sets.set(key, known);
    return known;
  }

  #escape(): Node {
    const escape = readEscape(this.#source, this.#at, this.#flags.unicode, false, this.#refuse);
    const start = this.#at;
    this.#at = escape.end;
    return setNode(escape.type === "char" ? this.#literal(escape.char) : this.#native(start, escape.end));
  }

  /** The set that a part of the source denotes, by the runtime's own expressions. */
  #native(start: number, end: number): CharSet {
    const text = this.#source.slice(start, end);
    return this.#known(text, () => {
      try {
        return nativeSet(text, this.#flags);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        return this.#invalid(nativeReason(error), start);
      }
    });
  }

  #class(): Node {
    const start = this.#at;
    const { unicode } = this.#flags;
    let at = start + 1;
    if (this.#source[at] === "^") at++;
    for (;;) {
      const char = this.#source[at];
      if (char === undefined) this.#invalid("there is no ] for this [", start);
      if (char === "]") break;
      if (char === "\\") {
        at = readEscape(this.#source, at, unicode, true, this.#refuse).end;
        continue;
      }
      const [posix, , name] = POSIX_CLASS.exec(this.#source.slice(at, at + 40)) ?? [];
      if (posix !== undefined) this.#invalid(`JavaScript has no ${posix}; ${posixInstead(name)}`, at);
      at++;
    }
    this.#at = at + 1;
    const pair = unicode ? undefined : PAIR.exec(this.#source.slice(start, at));
    if (pair) this.#invalid(`${pair[0]} in brackets needs the flag u`, start);
    return setNode(this.#native(start, this.#at));
  }

  #group(): Node {
    const start = this.#at;
    if (++this.#depth > MAX_DEPTH) {
      this.#refuse("expression-too-large", `groups are nested more than ${MAX_DEPTH} deep`);
    }
    const index = this.#groupStart();
    const node = this.#choice();
    if (this.#source[this.#at] !== ")") this.#invalid("there is no ) for this (", start);
    this.#at++;
    this.#depth--;
    return index === undefined ? node : { type: "group", index, node, empty: node.empty };
  }

  /** Reads the opening of a group. Returns its index; undefined if it does not capture. */
  #groupStart(): number | undefined {
    const rest = this.#source.slice(this.#at, this.#at + 300);
    if (rest.startsWith("(?:")) {
      this.#at += 3;
      return undefined;
    }
    const [begin, name] = GROUP_NAME.exec(rest) ?? [];
    if (begin === undefined && rest.startsWith("(?")) return this.#refuseGroup(rest);
    if (begin === undefined && rest.startsWith("(*")) this.#invalid("JavaScript has no verbs (*…)");
    if (name !== undefined && this.#names.includes(name)) this.#invalid(`two groups have the name ${name}`);
    this.#at += begin?.length ?? 1;
    return this.#names.push(name) - 1;
  }

  #refuseGroup(rest: string): never {
    const [look] = /^\(\?<?[=!]/.exec(rest) ?? [];
    if (look !== undefined) {
      const where = look.includes("<") ? "behind" : "ahead";
      return this.#refuse(
        "unsupported-expression",
        `${look}…) at character ${
          this.#at + 1
        } looks ${where}, which is not supported, so that the time that a text takes has a bound; match what is there in a group, or test it with an expression of its own`,
      );
    }
    if (rest.startsWith("(?>")) this.#invalid("nothing backtracks here: write (?: instead of (?>");
    if (/^\(\?P[=>]/.test(rest)) {
      return this.#refuse("unsupported-expression", `${rest.slice(0, 4)}…) is not supported`);
    }
    const python = /^\(\?P<([^>]*)>/.exec(rest)?.[1];
    if (python !== undefined) this.#invalid(`write (?<${python}>`);
    if (rest.startsWith("(?#")) this.#invalid("JavaScript has no comments in expressions; leave it out");
    const inline = /^\(\?([a-z]*)(?:-[a-z]+)?[:)]/.exec(rest)?.[1];
    if (inline !== undefined) {
      this.#invalid(`write flags after the last slash: /…/${inline === "" ? "i" : inline}`);
    }
    if (rest.startsWith("(?<")) this.#invalid("want a name and >, as in (?<name>");
    return this.#invalid(`JavaScript has no ${rest.slice(0, 3)}; write (?: for a group, or (?<name>`);
  }

  /** A term with the quantifier that follows it, if any. */
  #repeated(node: Node, firstGroup: number, isPosition: boolean): Node {
    const start = this.#at;
    const [quantifier, counts, from, comma, to, lazy] =
      QUANTIFIER.exec(this.#source.slice(start, start + 40)) ?? [];
    if (quantifier === undefined) return node;
    const pair = this.#flags.unicode
      ? undefined
      : PAIR_AT_END.exec(this.#source.slice(Math.max(0, start - 2), start));
    if (pair) this.#invalid(`${pair[0]}${quantifier} needs the flag u`);
    if (isPosition) this.#invalid(`${quantifier} repeats no character; leave it out`);
    let [min, max] = quantifier[0] === "*" ? [0, Infinity] : quantifier[0] === "+" ? [1, Infinity] : [0, 1];
    if (counts !== undefined) {
      min = Number(from);
      max = to !== "" ? Number(to) : comma === "" ? min : Infinity;
      if (min > max) this.#invalid(`${counts} has its numbers in the wrong order`);
      if (min > MAX_REPETITIONS || max > MAX_REPETITIONS && max < Infinity) {
        this.#refuse(
          "expression-too-large",
          `${counts} at character ${start + 1} repeats more than ${MAX_REPETITIONS} times`,
        );
      }
    }
    this.#at += quantifier.length;
    this.#refuseSecond();
    const lastGroup = this.#names.length - 1;
    const empty = node.empty || min === 0;
    return { type: "repeat", node, min, max, lazy: lazy !== undefined, firstGroup, lastGroup, empty };
  }

  /** Refuses a second quantifier: in PCRE, `a++` is possessive. */
  #refuseSecond(): void {
    const char = this.#source[this.#at];
    if (char === "+") this.#invalid("nothing backtracks here: leave out the second +");
    if (char === "*" || char === "?") this.#invalid(`there is nothing before the ${char} to repeat`);
  }
}

function setNode(set: CharSet): Node {
  return { type: "set", set, empty: false };
}

/** What to write for a POSIX class. */
const POSIX: Readonly<Record<string, string>> = {
  alpha: "A-Za-z, or \\p{L} with the flag u",
  digit: "\\d",
  alnum: "A-Za-z\\d, or \\p{L}\\d with the flag u",
  upper: "A-Z, or \\p{Lu} with the flag u",
  lower: "a-z, or \\p{Ll} with the flag u",
  space: "\\s",
  blank: " \\t",
  punct: "!-\\/:-@\\[-`{-~",
  print: " -~",
  graph: "!-~",
  cntrl: "\\x00-\\x1f\\x7f",
  xdigit: "\\dA-Fa-f",
  word: "\\w",
};

function posixInstead(name = ""): string {
  const instead = POSIX[name.replace(/^\^/, "")];
  return instead === undefined ? "write the characters themselves" : `write ${instead}`;
}

/** The specific part of a runtime's error message about an expression. */
export function nativeReason(error: SyntaxError): string {
  const text = error.message.replace(/^Invalid regular expression: (?:\/.*\/[a-z]*: )?/s, "");
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/**
 * Regular expressions in JavaScript's dialect that match in linear time: no expression and no text stalls the mail.
 *
 * JavaScript's own engine backtracks: it tries one possibility after another. This one follows all of them in parallel,
 * and finds the same matches. Lookaround and backreferences are not supported: no linear-time method is known for them.
 *
 * @module
 */

import { Alphabet } from "./alphabet.ts";
import { DeadEnds } from "./dead_ends.ts";
import { ExpressionError, type Refuse } from "./expression_error.ts";
import { nativeReason, parseSyntax } from "./parser.ts";
import { type Program, programOf } from "./program.ts";
import { isPlain, requiredTexts } from "./shape.ts";
import { StateSearch } from "./state_search.ts";
import { ThreadSearch } from "./thread_search.ts";

/** How many required texts are checked before a search. */
const MAX_REQUIRED = 4;

/** A match, as JavaScript's own expressions with the flag d return it: the whole match first, then the groups. */
export interface ExpressionMatch extends ReadonlyArray<string | undefined> {
  /** The whole match. */
  readonly 0: string;
  /** Where it begins, in UTF-16 code units. */
  readonly index: number;
  /** The texts of the named groups; undefined for a group that did not take part in the match. */
  readonly groups: Readonly<Record<string, string | undefined>>;
  /** Start and end of the whole match and of each group, in UTF-16 code units. */
  readonly indices: ReadonlyArray<readonly [begin: number, end: number] | undefined>;
}

/**
 * A compiled expression. Unlike `RegExp`, it remembers no position from one text to the next.
 *
 * Made by {@linkcode compileExpression}.
 */
export class Expression {
  /** The text between the slashes. */
  readonly source: string;
  /** The flags, in the order of the alphabet. */
  readonly flags: string;
  /** Whether it has the flag g: a replacement then applies to all matches. */
  readonly global: boolean;
  /** The names of the groups by number; undefined for a group without a name, and for 0, the whole match. */
  readonly groupNames: readonly (string | undefined)[];
  readonly #program: Program;
  readonly #alphabet: Alphabet;
  readonly #unicode: boolean;
  /** Texts that every match contains. */
  readonly #required: readonly string[];
  /** The runtime's own expression, if it takes only linear time. */
  readonly #plain: RegExp | undefined;
  #states: StateSearch | undefined;
  #threads: ThreadSearch | undefined;

  /**
   * @param source the text between the slashes
   * @param flags its flags
   * @throws {ExpressionError} see {@linkcode compileExpression}
   */
  constructor(source: string, flags: string) {
    const refuse: Refuse = (code, reason) => {
      throw new ExpressionError(code, `/${source}/${flags}`, reason);
    };
    checkFlags(flags, refuse);
    const has = (flag: string) => flags.includes(flag);
    const setFlags = { ignoreCase: has("i"), unicode: has("u"), dotAll: has("s") };
    const syntax = parseSyntax(source, { ...setFlags, multiline: has("m") }, refuse);
    this.source = source;
    this.flags = [...flags].sort().join("");
    this.global = has("g");
    this.groupNames = syntax.groupNames;
    this.#program = programOf(syntax, refuse);
    const native = nativeOf(source, flags.replace("g", ""), refuse);
    this.#alphabet = new Alphabet(this.#program, setFlags.ignoreCase, setFlags.unicode);
    this.#unicode = setFlags.unicode;
    this.#plain = isPlain(syntax.node) ? native : undefined;
    this.#required = requiredTexts(syntax.node).slice(0, MAX_REQUIRED);
  }

  /** Whether it matches a text or a part of it. */
  test(text: string): boolean {
    return this.#plain?.test(text) ?? this.#mayMatch(text, 0);
  }

  /** The first match; null if there is none. */
  exec(text: string): ExpressionMatch | null {
    return this.#find(text, 0) ?? null;
  }

  /** All matches in order, with or without the flag g. The total time is linear too. */
  matchAll(text: string): ExpressionMatch[] {
    const matches: ExpressionMatch[] = [];
    const deadEnds = new DeadEnds(this.#program.ops.length);
    let from = 0;
    while (from <= text.length) {
      const match = this.#find(text, from, deadEnds);
      if (match === undefined) break;
      matches.push(match);
      const end = match.indices[0]![1];
      from = match[0] === "" ? end + (this.#unicode ? this.#alphabet.widthAt(text, end) : 1) : end;
    }
    return matches;
  }

  /** The expression between slashes, with its flags. */
  toString(): string {
    return `/${this.source}/${this.flags}`;
  }

  #find(text: string, from: number, deadEnds?: DeadEnds): ExpressionMatch | undefined {
    if (from === 0 && this.#plain?.test(text) === false) return undefined;
    if (!this.#mayMatch(text, from)) return undefined;
    this.#threads ??= new ThreadSearch(this.#program, this.#alphabet);
    const slots = this.#threads.find(text, from, deadEnds);
    return slots && matchOf(text, slots, this.groupNames);
  }

  /** Whether there may be a match at or after a position. */
  #mayMatch(text: string, from: number): boolean {
    for (const required of this.#required) if (!text.includes(required, from)) return false;
    if (this.#alphabet.trim()) {
      this.#states?.forget();
      this.#threads?.forget();
    }
    this.#states ??= new StateSearch(this.#program, this.#alphabet);
    return this.#states.find(text, from);
  }
}

/**
 * Compiles an expression.
 *
 * Supports JavaScript's syntax except lookaround, backreferences and flags within the expression. Syntax of other
 * dialects that JavaScript would read as literal text, such as `\A` or `[[:alpha:]]`, is refused.
 *
 * @param source the text between the slashes; at most 10,000 parts with its repetitions written out
 * @param flags any of `i`, `m`, `s`, `u` and `g`
 * @throws {ExpressionError} `invalid-expression`, `unsupported-expression` or `expression-too-large`, with what to
 * write instead where that is known
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { compileExpression } from "../../mod.ts";
 *
 * const list = compileExpression("^\\[(?<list>[\\w-]+)\\]", "i");
 * assert.equal(list.test("[announce] Hello"), true);
 * assert.equal(list.exec("[announce] Hello")?.groups.list, "announce");
 * // With RegExp, this would take longer than the universe is old.
 * assert.equal(compileExpression("^(a+)+$").test("a".repeat(1000) + "!"), false);
 * assert.throws(() => compileExpression("(a)\\1"), /refers back/);
 * ```
 */
export function compileExpression(source: string, flags = ""): Expression {
  return new Expression(source, flags);
}

const FLAGS: Readonly<Record<string, string>> = {
  y: "leave out the flag y; ^ stands for the beginning",
  d: "leave out the flag d; the positions of groups are always there",
  v: "write the flag u instead of v",
  x: "JavaScript has no flag x; leave out spaces and comments",
};

function checkFlags(flags: string, refuse: Refuse): void {
  for (const [i, flag] of [...flags].entries()) {
    if (!"gimsu".includes(flag)) {
      refuse("invalid-expression", FLAGS[flag] ?? `there is no flag ${flag}; the flags are g, i, m, s and u`);
    }
    if (flags.indexOf(flag) !== i) refuse("invalid-expression", `the flag ${flag} is given twice`);
  }
}

/** Also compiles the expression with the runtime's own engine, so that nothing is valid here that is invalid there. */
function nativeOf(source: string, flags: string, refuse: Refuse): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return refuse("invalid-expression", nativeReason(error));
  }
}

function matchOf(
  text: string,
  slots: Int32Array,
  names: readonly (string | undefined)[],
): ExpressionMatch {
  const indices = names.map((_, i): readonly [number, number] | undefined => {
    const [begin, end] = [slots[2 * i]!, slots[2 * i + 1]!];
    return begin < 0 || end < 0 ? undefined : [begin, end];
  });
  const texts = indices.map((range) => range && text.slice(...range));
  const groups = Object.create(null);
  for (const [i, name] of names.entries()) if (name !== undefined) groups[name] = texts[i];
  return Object.assign(texts, { index: slots[0]!, indices, groups }) as unknown as ExpressionMatch;
}

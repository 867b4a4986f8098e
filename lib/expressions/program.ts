/**
 * Compiles expressions to programs, which the engine runs.
 *
 * @module
 */

import type { CharSet } from "./char_set.ts";
import type { Refuse } from "./expression_error.ts";
import type { Assertion, Node, Repeat, Syntax } from "./syntax.ts";

/** The maximum number of instructions in a program. */
export const MAX_PARTS = 10_000;

/** The maximum number of characters in counted repetitions when written out: `[a-z]{1,50}` has 50. */
export const MAX_WRITTEN_OUT = 1000;

/** How deep possibly empty repetitions may be nested. */
const MAX_EMPTY_DEPTH = 20;

/** What an instruction does. */
export const Op = {
  /** Consumes one character of the set `a`. */
  Set: 0,
  /** Tries `a`, then `b`. */
  Split: 1,
  /** Continues at `a`. */
  Jump: 2,
  /** Stores the position in slot `a`: group n has the slots 2n and 2n + 1. */
  Save: 3,
  /** Clears the slots from `a` up to but not including `b`. */
  Clear: 4,
  /** Continues if the assertion `a` holds. */
  Assert: 5,
  /** Begins a possibly empty repetition, nested in `a` others. */
  Enter: 6,
  /** Ends it: continues only if it consumed a character. */
  Progress: 7,
  /** The expression matches. */
  Match: 8,
} as const;

/** A program. Its instructions are in three arrays of equal length. */
export interface Program {
  /** What each instruction does. */
  readonly ops: Uint8Array;
  /** Its first operand. */
  readonly a: Uint16Array;
  /** Its second operand. */
  readonly b: Uint16Array;
  /** The sets of characters. */
  readonly sets: readonly CharSet[];
  /** Slots for the ends of the whole match and of its groups. */
  readonly slots: number;
  /** How deep possibly empty repetitions are nested. */
  readonly depth: number;
  /** Whether a match can begin only at the start of the text. */
  readonly anchored: boolean;
  /** Whether it distinguishes line breaks from other characters. */
  readonly tellsLines: boolean;
  /** Whether it distinguishes word characters from others. */
  readonly tellsWords: boolean;
}

/** The assertions, by their numbers in programs. */
export const ASSERTIONS: readonly Assertion[] = [
  "text-start",
  "line-start",
  "text-end",
  "line-end",
  "boundary",
  "no-boundary",
];

/**
 * Makes the program of an expression.
 *
 * @param syntax the parsed expression
 * @param refuse called if the program would be too large
 */
export function programOf({ node, groupNames }: Syntax, refuse: Refuse): Program {
  const compiler = new Compiler(refuse);
  compiler.emit(Op.Save, 0);
  compiler.add(node);
  compiler.emit(Op.Save, 1);
  compiler.emit(Op.Match);
  const asserts = (...wanted: readonly Assertion[]) =>
    compiler.ops.some((op, i) => op === Op.Assert && wanted.includes(ASSERTIONS[compiler.a[i]!]!));
  return {
    ops: Uint8Array.from(compiler.ops),
    a: Uint16Array.from(compiler.a),
    b: Uint16Array.from(compiler.b),
    sets: compiler.sets,
    slots: 2 * groupNames.length,
    depth: compiler.deepest,
    anchored: isAnchored(node),
    tellsLines: asserts("line-start", "line-end"),
    tellsWords: asserts("boundary", "no-boundary"),
  };
}

/** Whether a part matches only at the start of the text. */
function isAnchored(node: Node): boolean {
  switch (node.type) {
    case "set":
      return false;
    case "assertion":
      return node.assertion === "text-start";
    case "sequence":
      // If anything before the anchor consumed a character, nothing could match at all.
      return node.nodes.some(isAnchored);
    case "choice":
      return node.nodes.every(isAnchored);
    case "group":
      return isAnchored(node.node);
    case "repeat":
      return node.min > 0 && isAnchored(node.node);
  }
}

class Compiler {
  readonly ops: number[] = [];
  readonly a: number[] = [];
  readonly b: number[] = [];
  readonly sets: CharSet[] = [];
  /** The maximum nesting depth of possibly empty repetitions. */
  deepest = 0;
  readonly #setNumbers = new Map<string, number>();
  readonly #refuse: Refuse;
  /** How many parts were added: even one without instructions takes time. */
  #added = 0;
  /** How many repetitions that enclose the current part are written out. */
  #writtenOut = 0;
  /** The characters in repetitions that are written out. */
  #copies = 0;
  /** How many possibly empty repetitions enclose the current part. */
  #depth = 0;

  constructor(refuse: Refuse) {
    this.#refuse = refuse;
  }

  emit(op: number, a = 0, b = 0): number {
    if (this.ops.length >= MAX_PARTS) this.#tooLarge();
    this.a.push(a);
    this.b.push(b);
    return this.ops.push(op) - 1;
  }

  add(node: Node): void {
    if (++this.#added > 2 * MAX_PARTS) this.#tooLarge();
    switch (node.type) {
      case "set":
        this.emit(Op.Set, this.#setNumber(node.set));
        if (this.#writtenOut > 0 && ++this.#copies > MAX_WRITTEN_OUT) this.#tooLong();
        return;
      case "assertion":
        this.emit(Op.Assert, ASSERTIONS.indexOf(node.assertion));
        return;
      case "sequence":
        for (const each of node.nodes) this.add(each);
        return;
      case "choice":
        this.#addChoice(node.nodes);
        return;
      case "group":
        this.emit(Op.Save, 2 * node.index);
        this.add(node.node);
        this.emit(Op.Save, 2 * node.index + 1);
        return;
      case "repeat": {
        const isWrittenOut = node.min > 1 || node.max > 1 && node.max < Infinity;
        if (isWrittenOut) this.#writtenOut++;
        this.#addRepeat(node);
        if (isWrittenOut) this.#writtenOut--;
      }
    }
  }

  #tooLarge(): never {
    return this.#refuse(
      "expression-too-large",
      `it has more than ${MAX_PARTS} parts once its repetitions are written out; make it shorter, or divide it`,
    );
  }

  #tooLong(): never {
    return this.#refuse(
      "expression-too-large",
      `its repetitions have more than ${MAX_WRITTEN_OUT} characters once they are written out; write smaller numbers, or * and + for no limit`,
    );
  }

  #setNumber(set: CharSet): number {
    let number = this.#setNumbers.get(set.key);
    if (number === undefined) {
      number = this.sets.push(set) - 1;
      this.#setNumbers.set(set.key, number);
    }
    return number;
  }

  #addChoice(nodes: readonly Node[]): void {
    const jumps: number[] = [];
    for (const [i, node] of nodes.entries()) {
      if (i === nodes.length - 1) {
        this.add(node);
        break;
      }
      const split = this.emit(Op.Split);
      this.a[split] = this.ops.length;
      this.add(node);
      jumps.push(this.emit(Op.Jump));
      this.b[split] = this.ops.length;
    }
    for (const jump of jumps) this.a[jump] = this.ops.length;
  }

  #addRepeat(repeat: Repeat): void {
    const { node, min, max } = repeat;
    // The last mandatory repetition can be the loop itself, unless an empty one would end it.
    const ownLoop = max === Infinity && min > 0 && !node.empty;
    for (let i = 0; i < (ownLoop ? min - 1 : min); i++) this.#addOnce(repeat);
    if (ownLoop) {
      const begin = this.ops.length;
      this.#addOnce(repeat);
      this.#branch(this.emit(Op.Split), begin, this.ops.length, repeat.lazy);
    } else if (max === Infinity) {
      const split = this.emit(Op.Split);
      this.#addOptional(repeat);
      this.emit(Op.Jump, split);
      this.#branch(split, split + 1, this.ops.length, repeat.lazy);
    } else {
      const splits: number[] = [];
      for (let i = min; i < max; i++) {
        splits.push(this.emit(Op.Split));
        this.#addOptional(repeat);
      }
      for (const split of splits) this.#branch(split, split + 1, this.ops.length, repeat.lazy);
    }
  }

  #branch(split: number, again: number, on: number, lazy: boolean): void {
    this.a[split] = lazy ? on : again;
    this.b[split] = lazy ? again : on;
  }

  /** One repetition, which resets the groups of the previous one. */
  #addOnce({ node, firstGroup, lastGroup }: Repeat): void {
    if (lastGroup >= firstGroup) this.emit(Op.Clear, 2 * firstGroup, 2 * lastGroup + 2);
    this.add(node);
  }

  /** An optional repetition, which therefore must not be empty. */
  #addOptional(repeat: Repeat): void {
    if (!repeat.node.empty) return this.#addOnce(repeat);
    this.emit(Op.Enter, this.#depth++);
    this.deepest = Math.max(this.deepest, this.#depth);
    if (this.#depth > MAX_EMPTY_DEPTH) {
      this.#refuse(
        "expression-too-large",
        `more than ${MAX_EMPTY_DEPTH} possibly empty repetitions are nested, such as (a*)*; write (a)*`,
      );
    }
    this.#addOnce(repeat);
    this.emit(Op.Progress, --this.#depth);
  }
}

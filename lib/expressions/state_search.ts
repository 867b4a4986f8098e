/**
 * Finds whether an expression matches: an automaton whose states are made when a text first needs them.
 *
 * Each state is the set of instructions at which the ways to match are. Nothing is copied for groups, and of a text that needs
 * no new state each character is one look into a table. The table is bounded: a text that needs too many states is searched
 * without them.
 *
 * @module
 */

import { type Alphabet, END } from "./alphabet.ts";
import { Op, type Program } from "./program.ts";
import { Follower, noThreads } from "./threads.ts";

/** The most entries of the table, of four bytes each. */
const MAX_TABLE = 1 << 15;

/** The most instructions in all states together. */
const MAX_KERNELS = 1 << 15;

/** How often one search may fill the table before it goes on without it. */
const MAX_FILLED = 2;

const UNKNOWN = 0;
const MATCH = 1;
const NO_MATCH = 2;

/** Where the ways to match are before a character. */
interface State {
  /** The instructions to follow from here. */
  readonly kernel: readonly number[];
  /** The kind of the character before. */
  readonly kind: number;
}

/** Finds whether there is a match. */
export class StateSearch {
  readonly #program: Program;
  readonly #alphabet: Alphabet;
  readonly #follower: Follower;
  readonly #threads = noThreads();
  /** The states by number; the first numbers are results. */
  #states: (State | undefined)[] = [];
  #numbers = new Map<string, number>();
  /** For each state and symbol, the next state. */
  #table = new Int32Array(0);
  /** How many symbols a state has room for. */
  #stride = 8;
  #kernels = 0;
  /** How often the current search has filled the table. */
  #filled = 0;

  /**
   * @param program the expression's program
   * @param alphabet its alphabet
   */
  constructor(program: Program, alphabet: Alphabet) {
    this.#program = program;
    this.#alphabet = alphabet;
    this.#follower = new Follower(program, false);
    this.forget();
  }

  /** Must be called when the alphabet has forgotten its symbols. */
  forget(): void {
    this.#states = [undefined, undefined, undefined];
    this.#numbers = new Map();
    this.#table = new Int32Array(16 * this.#stride);
    this.#kernels = 0;
  }

  /**
   * Whether a match begins at a position or behind it.
   *
   * @param text the text
   * @param from the position
   */
  find(text: string, from: number): boolean {
    if (this.#program.anchored && from > 0) return false;
    const alphabet = this.#alphabet;
    this.#filled = 0;
    let state = this.#numberOf([0], alphabet.kindBefore(text, from));
    for (let at = from;; at += alphabet.widthAt(text, at)) {
      const symbol = alphabet.symbolAt(text, at);
      let next = symbol < this.#stride ? this.#table[state * this.#stride + symbol]! : UNKNOWN;
      if (next === UNKNOWN) {
        if (this.#filled > MAX_FILLED) return this.#simulate(text, at, this.#states[state]!);
        next = this.#add(state, symbol);
      }
      if (next <= NO_MATCH) return next === MATCH;
      state = next;
    }
  }

  /** Searches the rest of a text without the table. */
  #simulate(text: string, from: number, first: State): boolean {
    let state: State | boolean = first;
    for (let at = from;; at += this.#alphabet.widthAt(text, at)) {
      state = this.#after(state, this.#alphabet.symbolAt(text, at));
      if (typeof state === "boolean") return state;
    }
  }

  /** The state after a character, or the result. */
  #after({ kernel, kind }: State, symbol: number): State | boolean {
    const { ops, a, anchored } = this.#program;
    const threads = this.#threads;
    const nextKind = this.#alphabet.kinds[symbol]!;
    this.#follower.begin(threads);
    for (const pc of kernel) this.#follower.follow(threads, pc, 0, kind, nextKind);
    const members = this.#alphabet.members[symbol]!;
    const next: number[] = anchored ? [] : [0];
    for (let i = 0; i < threads.count; i++) {
      const pc = threads.pcs[i]!;
      if (ops[pc] === Op.Match) return true;
      const set = a[pc]!;
      if ((members[set >> 5]! >>> (set & 31) & 1) === 1) next.push(pc + 1);
    }
    if (symbol === END || next.length === 0) return false;
    return { kernel: next, kind: nextKind };
  }

  /** Finds the state after a character, and notes it. */
  #add(number: number, symbol: number): number {
    const state = this.#states[number]!;
    const next = this.#after(state, symbol);
    let from = number;
    while (symbol >= this.#stride || (this.#states.length + 2) * this.#stride > this.#table.length) {
      if (symbol < this.#stride && 2 * this.#table.length <= MAX_TABLE) {
        const larger = new Int32Array(2 * this.#table.length);
        larger.set(this.#table);
        this.#table = larger;
        continue;
      }
      if (symbol >= this.#stride) this.#stride *= 2;
      else this.#filled++;
      this.forget();
      from = this.#numberOf(state.kernel, state.kind);
    }
    if (this.#kernels > MAX_KERNELS) {
      this.#filled++;
      this.forget();
      from = this.#numberOf(state.kernel, state.kind);
    }
    const result = next === true
      ? MATCH
      : next === false
      ? NO_MATCH
      : this.#numberOf(next.kernel.toSorted((a, b) => a - b), next.kind);
    this.#table[from * this.#stride + symbol] = result;
    return result;
  }

  #numberOf(kernel: readonly number[], kind: number): number {
    const key = String.fromCharCode(kind, ...kernel);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#states.push({ kernel, kind }) - 1;
      this.#kernels += kernel.length;
      this.#numbers.set(key, number);
    }
    return number;
  }
}

/**
 * Finds whether an expression matches, with a lazily built DFA: states are created when a text first needs them.
 *
 * Each state is the set of instructions that the threads have reached. Groups are not tracked, and without new states
 * each character costs one table lookup. The table is bounded: a text that needs too many states is searched without
 * it.
 *
 * @module
 */

import { type Alphabet, END } from "./alphabet.ts";
import { Op, type Program } from "./program.ts";
import { Follower, noThreads, type Threads } from "./threads.ts";

/** The maximum number of table entries, of four bytes each. */
const MAX_TABLE = 1 << 15;

/** The maximum number of instructions in all states together. */
const MAX_KERNELS = 1 << 15;

/** How often one search may fill the table before it continues without it. */
const MAX_FILLED = 2;

const UNKNOWN = 0;
const MATCH = 1;
const NO_MATCH = 2;

/** What the threads have reached before a character. */
interface State {
  /** The instructions to follow from here. */
  readonly kernel: Int32Array;
  /** The kind of the previous character. */
  readonly kind: number;
}

/** Finds whether there is a match. */
export class StateSearch {
  readonly #program: Program;
  readonly #alphabet: Alphabet;
  readonly #follower: Follower;
  readonly #threads: Threads;
  /** The instructions after a character, and their number. */
  readonly #next: Int32Array;
  #nextCount = 0;
  /** The states by number; the lowest numbers are reserved for results. */
  #states: (State | undefined)[] = [];
  #numbers = new Map<string, number>();
  /** For each state and symbol, the next state. */
  #table = new Int32Array(0);
  /** How many symbols each state has room for. */
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
    this.#threads = noThreads(program);
    this.#next = new Int32Array(program.ops.length + 1);
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
   * Whether a match begins at or after a position.
   *
   * @param text the text
   * @param from the position
   */
  find(text: string, from: number): boolean {
    if (this.#program.anchored && from > 0) return false;
    const alphabet = this.#alphabet;
    const page = alphabet.firstPage;
    this.#filled = 0;
    let state = this.#numberOf(Int32Array.of(0), alphabet.kindBefore(text, from));
    let [table, stride] = [this.#table, this.#stride];
    for (let at = from;;) {
      // The common case: a known character in a known state.
      const unit = at < text.length ? text.charCodeAt(at) : 0xffff;
      const seen = unit < 256 ? page[unit]! : END;
      if (seen !== END && seen < stride) {
        const known = table[state * stride + seen]!;
        if (known > NO_MATCH) {
          state = known;
          at++;
          continue;
        }
      }
      const symbol = alphabet.symbolAt(text, at);
      let next = symbol < stride ? table[state * stride + symbol]! : UNKNOWN;
      if (next === UNKNOWN) {
        if (this.#filled > MAX_FILLED) return this.#simulate(text, at, this.#states[state]!);
        next = this.#add(state, symbol);
        [table, stride] = [this.#table, this.#stride];
      }
      if (next <= NO_MATCH) return next === MATCH;
      state = next;
      at += alphabet.widthAt(text, at);
    }
  }

  /** Searches the rest of a text without the table. */
  #simulate(text: string, from: number, { kernel, kind }: State): boolean {
    const alphabet = this.#alphabet;
    this.#next.set(kernel);
    this.#nextCount = kernel.length;
    let before = kind;
    for (let at = from;; at += alphabet.widthAt(text, at)) {
      const symbol = alphabet.symbolAt(text, at);
      const result = this.#follow(this.#next, this.#nextCount, before, symbol);
      if (result !== UNKNOWN) return result === MATCH;
      before = alphabet.kinds[symbol]!;
    }
  }

  /** Consumes a character: finds the result, or the instructions after it. */
  #follow(kernel: Int32Array, length: number, kind: number, symbol: number): number {
    const { ops, a, anchored } = this.#program;
    const threads = this.#threads;
    const follower = this.#follower;
    const nextKind = this.#alphabet.kinds[symbol]!;
    follower.begin(threads);
    for (let i = 0; i < length; i++) follower.follow(threads, kernel[i]!, 0, kind, nextKind);
    const members = this.#alphabet.members[symbol]!;
    const next = this.#next;
    let count = 0;
    if (!anchored) next[count++] = 0;
    for (let i = 0; i < threads.count; i++) {
      const pc = threads.pcs[i]!;
      if (ops[pc] === Op.Match) return MATCH;
      const set = a[pc]!;
      if ((members[set >> 5]! >>> (set & 31) & 1) === 1) next[count++] = pc + 1;
    }
    this.#nextCount = count;
    return symbol === END || count === 0 ? NO_MATCH : UNKNOWN;
  }

  /** Finds the state after a character, and adds it to the table. */
  #add(number: number, symbol: number): number {
    const state = this.#states[number]!;
    const { kernel, kind } = state;
    const found = this.#follow(kernel, kernel.length, kind, symbol);
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
      from = this.#numberOf(kernel, kind);
    }
    if (this.#kernels > MAX_KERNELS) {
      this.#filled++;
      this.forget();
      from = this.#numberOf(kernel, kind);
    }
    const result = found === UNKNOWN
      ? this.#numberOf(this.#next.slice(0, this.#nextCount).sort(), this.#alphabet.kinds[symbol]!)
      : found;
    this.#table[from * this.#stride + symbol] = result;
    return result;
  }

  #numberOf(kernel: Int32Array, kind: number): number {
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

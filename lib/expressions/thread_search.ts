/**
 * Finds where an expression matches, and what its groups match: follows all possible matches in parallel, character by
 * character (K. Thompson, "Regular Expression Search Algorithm", 1968; R. Pike's form of it, with groups).
 *
 * Of the threads that reach the same instruction at the same position, only the preferred one continues, so the time is
 * at most proportional to the length of the text times the size of the program.
 *
 * @module
 */

import { type Alphabet, END } from "./alphabet.ts";
import type { DeadEnds } from "./dead_ends.ts";
import { Op, type Program } from "./program.ts";
import { Follower, noThreads, type Threads } from "./threads.ts";

/** Finds matches with their groups. */
export class ThreadSearch {
  readonly #program: Program;
  readonly #alphabet: Alphabet;
  readonly #follower: Follower;
  readonly #now: Threads;
  readonly #next: Threads;
  /** For each symbol, whether a match can begin with it. */
  #starts: (boolean | undefined)[] = [];

  /**
   * @param program the expression's program
   * @param alphabet its alphabet
   */
  constructor(program: Program, alphabet: Alphabet) {
    this.#program = program;
    this.#alphabet = alphabet;
    this.#follower = new Follower(program, true);
    this.#now = noThreads(program);
    this.#next = noThreads(program);
  }

  /** Must be called when the alphabet has forgotten its symbols. */
  forget(): void {
    this.#starts = [];
  }

  /**
   * Finds the first match.
   *
   * @param text the text
   * @param from the first position at which it may begin
   * @param deadEnds what earlier searches of the same text learned; updated for later ones
   * @returns the slots of the match; undefined if there is none
   */
  find(text: string, from: number, deadEnds?: DeadEnds): Int32Array | undefined {
    const { ops, a, anchored, slots: size } = this.#program;
    const alphabet = this.#alphabet;
    const follower = this.#follower;
    let found: Int32Array | undefined;
    let [now, next] = [this.#now, this.#next];
    let at = from;
    let symbol = alphabet.symbolAt(text, at);
    let before = alphabet.kindBefore(text, at);
    follower.begin(now);
    for (;;) {
      const mayStart = found === undefined && (!anchored || at === 0);
      if (mayStart && this.#canStart(symbol)) {
        follower.slots.fill(-1);
        follower.follow(now, 0, at, before, alphabet.kinds[symbol]!);
      }
      if (now.count === 0 && (found !== undefined || anchored)) break;
      if (found !== undefined) deadEnds?.note(at, now);

      const members = alphabet.members[symbol]!;
      const behind = symbol === END ? at : at + alphabet.widthAt(text, at);
      const nextSymbol = alphabet.symbolAt(text, behind);
      const [kind, nextKind] = [alphabet.kinds[symbol]!, alphabet.kinds[nextSymbol]!];
      const skips = deadEnds?.at(behind);
      follower.begin(next);
      for (let i = 0; i < now.count; i++) {
        const pc = now.pcs[i]!;
        if (ops[pc] === Op.Match) {
          found = now.slots.slice(i * size, (i + 1) * size);
          deadEnds?.drop();
          break;
        }
        const set = a[pc]!;
        if ((members[set >> 5]! >>> (set & 31) & 1) === 0) continue;
        for (let slot = 0; slot < size; slot++) follower.slots[slot] = now.slots[i * size + slot]!;
        follower.follow(next, pc + 1, behind, kind, nextKind, skips);
      }
      if (symbol === END) break;
      [now, next] = [next, now];
      [at, before, symbol] = [behind, kind, nextSymbol];
    }
    deadEnds?.keep();
    return found;
  }

  /** Whether a match can begin with a symbol, whatever precedes it. */
  #canStart(symbol: number): boolean {
    return this.#starts[symbol] ??= this.#findStart(symbol);
  }

  #findStart(symbol: number): boolean {
    const { ops, a, b } = this.#program;
    const members = this.#alphabet.members[symbol]!;
    const seen = new Uint8Array(ops.length);
    const stack = [0];
    for (let pc = stack.pop(); pc !== undefined; pc = stack.pop()) {
      if (seen[pc]) continue;
      seen[pc] = 1;
      const set = a[pc]!;
      if (ops[pc] === Op.Match) return true;
      if (ops[pc] === Op.Set) {
        if ((members[set >> 5]! >>> (set & 31) & 1) === 1) return true;
      } else if (ops[pc] === Op.Split) stack.push(a[pc]!, b[pc]!);
      else stack.push(ops[pc] === Op.Jump ? a[pc]! : pc + 1);
    }
    return false;
  }
}

/**
 * Remembers, while all matches in a text are searched for, which positions and instructions lead to no match.
 *
 * A search may look far beyond the match that it finds: `a.*b|a` in a text without a b reads to the end for each a. If
 * every search repeated that, the time would grow with the square of the text's length. So each search notes the
 * threads that it followed beyond its match in vain, at some positions in every 16, and later searches drop them there.
 *
 * @module
 */

import type { Threads } from "./threads.ts";

/**
 * Whether threads are noted at a position. Two adjacent ones, since with the flag u a character may have two code
 * units.
 */
function isNoted(position: number): boolean {
  return position % 16 < 2;
}

/** The dead ends in one text. */
export class DeadEnds {
  readonly #instructions: number;
  /** For each such position, a bit for each instruction from which nothing matches. */
  readonly #dead = new Map<number, Uint32Array>();
  /** What the current search has noted since its last match. */
  #noted: (readonly [position: number, pcs: Int32Array])[] = [];

  /** @param instructions the number of instructions in the program */
  constructor(instructions: number) {
    this.#instructions = instructions;
  }

  /** Notes the threads at a position beyond a match. */
  note(position: number, { count, pcs }: Threads): void {
    if (isNoted(position)) this.#noted.push([position, pcs.slice(0, count)]);
  }

  /** Forgets what was noted since the last match: it led to one. */
  drop(): void {
    if (this.#noted.length > 0) this.#noted = [];
  }

  /** Keeps what was noted: the search is over, so none of it led to a match. */
  keep(): void {
    for (const [position, pcs] of this.#noted) {
      const dead = this.#dead.get(position) ?? new Uint32Array((this.#instructions + 31) >> 5);
      for (const pc of pcs) dead[pc >> 5]! |= 1 << (pc & 31);
      this.#dead.set(position, dead);
    }
    this.#noted = [];
  }

  /** Returns a test for instructions that lead nowhere from a position; undefined if none is known. */
  at(position: number): ((pc: number) => boolean) | undefined {
    const dead = isNoted(position) ? this.#dead.get(position) : undefined;
    return dead && ((pc) => (dead[pc >> 5]! >>> (pc & 31) & 1) === 1);
  }
}

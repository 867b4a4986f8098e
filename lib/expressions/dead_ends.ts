/**
 * What a search for all matches of a text knows not to lead anywhere.
 *
 * A search may look far behind the match that it finds: `a.*b|a` in a text without a b looks at all of it for each a. If each
 * search did so anew, the time would grow with the square of the text. So each notes the ways that it followed behind its match
 * in vain, at some positions in each 16, and the next ones end there.
 *
 * @module
 */

import type { Threads } from "./threads.ts";

/** Whether ways are noted at a position. Of two in a row, since with the flag u a character may have two code units. */
function isNoted(position: number): boolean {
  return position % 16 < 2;
}

/** The ways in one text that do not lead to a match. */
export class DeadEnds {
  readonly #instructions: number;
  /** For each such position, a bit for each instruction from which nothing matches. */
  readonly #dead = new Map<number, Uint32Array>();
  /** What the current search has noted since it found a match. */
  #noted: (readonly [position: number, pcs: Int32Array])[] = [];

  /** @param instructions how many instructions the program has */
  constructor(instructions: number) {
    this.#instructions = instructions;
  }

  /** Notes the ways at a position behind a match. */
  note(position: number, { count, pcs }: Threads): void {
    if (isNoted(position)) this.#noted.push([position, pcs.slice(0, count)]);
  }

  /** Forgets what was noted since the last match: it led to one. */
  drop(): void {
    if (this.#noted.length > 0) this.#noted = [];
  }

  /** Keeps what was noted: the search is over, so that nothing of it led to a match. */
  keep(): void {
    for (const [position, pcs] of this.#noted) {
      const dead = this.#dead.get(position) ?? new Uint32Array((this.#instructions + 31) >> 5);
      for (const pc of pcs) dead[pc >> 5]! |= 1 << (pc & 31);
      this.#dead.set(position, dead);
    }
    this.#noted = [];
  }

  /** What tells the ways at a position that lead nowhere; undefined if none is known. */
  at(position: number): ((pc: number) => boolean) | undefined {
    const dead = isNoted(position) ? this.#dead.get(position) : undefined;
    return dead && ((pc) => (dead[pc >> 5]! >>> (pc & 31) & 1) === 1);
  }
}

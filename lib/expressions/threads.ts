/**
 * Runs a program at one position of a text: from where it is, along all instructions that take no character.
 *
 * @module
 */

import { Kind } from "./alphabet.ts";
import { ASSERTIONS, Op, type Program } from "./program.ts";

/** Threads, each at an instruction that takes a character or matches; those that are preferred come first. */
export interface Threads {
  /** How many there are. */
  count: number;
  /** Their instructions. */
  pcs: Int32Array;
  /** Their slots, one thread's after the other's; none if slots do not matter. */
  slots: Int32Array;
}

/** Makes an empty list. */
export function noThreads(): Threads {
  return { count: 0, pcs: new Int32Array(8), slots: new Int32Array(0) };
}

/** The most integers that are kept for slots from one search to the next. */
const MAX_KEPT = 1 << 14;

/** Follows programs between two characters. */
export class Follower {
  /** The slots of the thread that is followed. */
  readonly slots: Int32Array;
  readonly #program: Program;
  /** For each assertion, the kind before and the kind behind a position, whether it holds. */
  readonly #holds: Uint8Array;
  /** For each instruction, the round in which a list last got it. */
  readonly #added: Uint32Array;
  /**
   * For each instruction and level, the round in which it was last visited. The level says how many of the repetitions around
   * it that could be empty have taken a character, from the outermost on: one that has taken none must not end.
   */
  readonly #visited: Uint32Array;
  /** The level of all. */
  readonly #all: number;
  #round = 0;
  /** What remains to be followed: an instruction and its level; or below zero, a slot to restore and its value. */
  readonly #stack: number[] = [];

  /**
   * @param program the program
   * @param withSlots whether slots matter
   */
  constructor(program: Program, withSlots: boolean) {
    this.#program = program;
    this.slots = new Int32Array(withSlots ? program.slots : 0).fill(-1);
    this.#all = program.depth;
    this.#added = new Uint32Array(program.ops.length);
    this.#visited = new Uint32Array(program.ops.length * (program.depth + 1));
    this.#holds = heldAssertions();
  }

  /** Begins a round: threads that are followed in it do not repeat what others in it did. */
  begin(threads: Threads): void {
    threads.count = 0;
    if (threads.slots.length > MAX_KEPT) threads.slots = new Int32Array(0);
    if (++this.#round > 0xffff_fffe) {
      this.#added.fill(0);
      this.#visited.fill(0);
      this.#round = 1;
    }
  }

  /**
   * Follows a thread, and adds what it reaches to a list.
   *
   * @param threads the list
   * @param start the instruction that the thread is at
   * @param position the position in the text, for slots
   * @param before the kind of the character before it
   * @param behind the kind of the character behind it
   * @param skips whether a thread at an instruction can be left out, since it is known not to match
   */
  follow(
    threads: Threads,
    start: number,
    position: number,
    before: number,
    behind: number,
    skips?: (pc: number) => boolean,
  ): void {
    const { ops, a, b } = this.#program;
    const visited = this.#visited;
    const added = this.#added;
    const levels = this.#all + 1;
    const stack = this.#stack;
    const slots = this.slots;
    const round = this.#round;
    const held = 4 * before + behind;
    // A thread that took a character took it for all repetitions around it.
    stack.push(start, this.#all);
    while (stack.length > 0) {
      let level = stack.pop()!;
      let pc = stack.pop()!;
      if (pc < 0) {
        slots[-pc - 1] = level;
        continue;
      }
      for (;;) {
        const op = ops[pc]!;
        if (op === Op.Set || op === Op.Match) {
          if (added[pc] !== round && !(skips && skips(pc))) this.#put(threads, pc);
          added[pc] = round;
          break;
        }
        if (visited[pc * levels + level] === round) break;
        visited[pc * levels + level] = round;
        switch (op) {
          case Op.Split:
            stack.push(b[pc]!, level);
            pc = a[pc]!;
            continue;
          case Op.Jump:
            pc = a[pc]!;
            continue;
          case Op.Save:
            if (slots.length > 0) {
              stack.push(-a[pc]! - 1, slots[a[pc]!]!);
              slots[a[pc]!] = position;
            }
            break;
          case Op.Clear:
            for (let slot = a[pc]!; slot < b[pc]! && slots.length > 0; slot++) {
              if (slots[slot] !== -1) stack.push(-slot - 1, slots[slot]!);
              slots[slot] = -1;
            }
            break;
          case Op.Enter:
            level = Math.min(level, a[pc]!);
            break;
        }
        if (op === Op.Assert && this.#holds[16 * a[pc]! + held] === 0) break;
        if (op === Op.Progress && level <= a[pc]!) break;
        pc++;
      }
    }
  }

  #put(threads: Threads, pc: number): void {
    const at = threads.count++;
    if (at >= threads.pcs.length) threads.pcs = grown(threads.pcs, 2 * threads.pcs.length);
    threads.pcs[at] = pc;
    const size = this.slots.length;
    if (size === 0) return;
    if ((at + 1) * size > threads.slots.length) threads.slots = grown(threads.slots, 2 * (at + 1) * size);
    threads.slots.set(this.slots, at * size);
  }
}

function grown(array: Int32Array, length: number): Int32Array {
  const larger = new Int32Array(length);
  larger.set(array);
  return larger;
}

function heldAssertions(): Uint8Array {
  const holds = new Uint8Array(16 * ASSERTIONS.length);
  for (const [number, assertion] of ASSERTIONS.entries()) {
    for (let before = 0; before < 4; before++) {
      for (let behind = 0; behind < 4; behind++) {
        const isBoundary = (before === Kind.Word) !== (behind === Kind.Word);
        const held = {
          "text-start": before === Kind.Edge,
          "line-start": before === Kind.Edge || before === Kind.LineBreak,
          "text-end": behind === Kind.Edge,
          "line-end": behind === Kind.Edge || behind === Kind.LineBreak,
          "boundary": isBoundary,
          "no-boundary": !isBoundary,
        }[assertion];
        if (held) holds[16 * number + 4 * before + behind] = 1;
      }
    }
  }
  return holds;
}

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
  readonly pcs: Int32Array;
  /** Their slots, one thread's after the other's; none if slots do not matter. */
  slots: Int32Array;
}

/** Makes an empty list for the threads of a program. */
export function noThreads({ ops }: Program): Threads {
  return { count: 0, pcs: new Int32Array(ops.length), slots: new Int32Array(0) };
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
  /** For an instruction with only choices behind it, what it reaches. */
  readonly #near: readonly (readonly number[] | undefined)[];
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
    this.#near = Array.from(program.ops, (_, pc) => nearOf(program, pc));
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
    const added = this.#added;
    const near = this.#near[start];
    if (near !== undefined) {
      for (const pc of near) {
        if (added[pc] !== this.#round && !(skips && skips(pc))) this.#put(threads, pc);
        added[pc] = this.#round;
      }
      return;
    }
    const { ops, a, b } = this.#program;
    const visited = this.#visited;
    const levels = this.#all + 1;
    const stack = this.#stack;
    const slots = this.slots;
    const round = this.#round;
    const held = 4 * before + behind;
    // A thread that took a character took it for all repetitions around it.
    stack[0] = start;
    stack[1] = this.#all;
    let height = 2;
    while (height > 0) {
      let level = stack[--height]!;
      let pc = stack[--height]!;
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
            if (added[b[pc]!] !== round) {
              stack[height++] = b[pc]!;
              stack[height++] = level;
            }
            pc = a[pc]!;
            continue;
          case Op.Jump:
            pc = a[pc]!;
            continue;
          case Op.Save:
            if (slots.length > 0) {
              stack[height++] = -a[pc]! - 1;
              stack[height++] = slots[a[pc]!]!;
              slots[a[pc]!] = position;
            }
            break;
          case Op.Clear:
            for (let slot = a[pc]!; slot < b[pc]! && slots.length > 0; slot++) {
              if (slots[slot] === -1) continue;
              stack[height++] = -slot - 1;
              stack[height++] = slots[slot]!;
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
    const size = this.slots.length;
    const from = threads.count * size;
    threads.pcs[threads.count++] = pc;
    if (from + size > threads.slots.length) {
      const larger = new Int32Array(2 * (from + size));
      larger.set(threads.slots);
      threads.slots = larger;
    }
    for (let slot = 0; slot < size; slot++) threads.slots[from + slot] = this.slots[slot]!;
  }
}

/** The most instructions that are near one. */
const MAX_NEAR = 4;

/**
 * The instructions that take a character or match, and that an instruction reaches by choices alone; those that are preferred
 * come first. Undefined if it reaches others too, or many.
 */
function nearOf({ ops, a, b }: Program, start: number): number[] | undefined {
  const near: number[] = [];
  const stack = [start];
  for (let steps = 0; stack.length > 0; steps++) {
    const pc = stack.pop()!;
    if (steps > 2 * MAX_NEAR) return undefined;
    if (ops[pc] === Op.Split) stack.push(b[pc]!, a[pc]!);
    else if (ops[pc] === Op.Jump) stack.push(a[pc]!);
    else if (ops[pc] !== Op.Set && ops[pc] !== Op.Match) return undefined;
    else if (!near.includes(pc)) near.push(pc);
  }
  return near;
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

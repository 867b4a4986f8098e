/**
 * Runs a program at one position of a text: follows all instructions that consume no character.
 *
 * @module
 */

import { Kind } from "./alphabet.ts";
import { ASSERTIONS, Op, type Program } from "./program.ts";

/** Threads, each at an instruction that consumes a character or matches, in order of preference. */
export interface Threads {
  /** How many there are. */
  count: number;
  /** Their instructions. */
  readonly pcs: Int32Array;
  /** Their slots, one thread after another; empty if slots are not needed. */
  slots: Int32Array;
}

/** Makes an empty list for the threads of a program. */
export function noThreads({ ops }: Program): Threads {
  return { count: 0, pcs: new Int32Array(ops.length), slots: new Int32Array(0) };
}

/** The maximum number of integers kept for slots between searches. */
const MAX_KEPT = 1 << 14;

/** Follows programs between two characters. */
export class Follower {
  /** The slots of the current thread. */
  readonly slots: Int32Array;
  readonly #program: Program;
  /** Whether each assertion holds, by the kinds of the characters before and after a position. */
  readonly #holds: Uint8Array;
  /** For each instruction, the round in which it was last added to a list. */
  readonly #added: Uint32Array;
  /**
   * For each instruction and level, the round in which it was last visited. The level is the number of enclosing
   * possibly empty repetitions that have consumed a character, from the outermost in: a repetition that has consumed
   * none must not end.
   */
  readonly #visited: Uint32Array;
  /** The level at which all of them have. */
  readonly #all: number;
  /** For an instruction followed only by choices, the instructions that it reaches. */
  readonly #near: readonly (readonly number[] | undefined)[];
  #round = 0;
  /** Work that remains: an instruction and its level; or a negative number for a slot to restore, and its value. */
  readonly #stack: number[] = [];

  /**
   * @param program the program
   * @param withSlots whether to track slots
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

  /** Begins a round: within a round, no instruction is followed twice. */
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
   * @param before the kind of the character before the position
   * @param behind the kind of the character after it
   * @param skips whether a thread at an instruction can be dropped because it is known not to match
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
    // A character that a thread consumes counts for all enclosing repetitions.
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

/** The maximum number of instructions near another one. */
const MAX_NEAR = 4;

/**
 * The instructions that consume a character or match and that an instruction reaches by choices alone, in order of
 * preference. Undefined if it reaches others too, or too many.
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

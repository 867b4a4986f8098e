/**
 * Unpacks LZMA, with which 7z files pack their directory (Igor Pavlov's LZMA specification of 2015).
 *
 * @module
 */

import { UnreadableArchiveError } from "./errors.ts";

const PROBABILITY_BITS = 11;
const HALF = 1 << (PROBABILITY_BITS - 1);
const MOVE_BITS = 5;
const TOP = 2 ** 24;
const STATES = 12;
const POSITION_STATES = 16;
const SHORTEST_MATCH = 2;
const LENGTH_STATES = 4;
const END_POSITION_MODEL = 14;
const FULL_DISTANCES = 128;

/**
 * Unpacks.
 *
 * @param packed the packed bytes, without a header
 * @param properties the byte of lc, lp and pb, and the size of the dictionary, which does not matter here
 * @param size how many bytes it unpacks to; the caller bounds it
 * @throws {UnreadableArchiveError} if it is damaged
 */
export function unpackLzma(packed: Uint8Array, properties: Uint8Array, size: number): Uint8Array {
  let parameters = properties[0] ?? 255;
  if (parameters >= 9 * 5 * 5) throw damaged();
  const literalContext = parameters % 9;
  parameters = Math.floor(parameters / 9);
  const [literalPosition, positionBits] = [parameters % 5, Math.floor(parameters / 5)];
  return new Unpacking(packed, size, literalContext, literalPosition, positionBits).run();
}

function damaged(): UnreadableArchiveError {
  return new UnreadableArchiveError("has a damaged directory");
}

function probabilities(count: number): Uint16Array {
  return new Uint16Array(count).fill(HALF);
}

/** The lengths of matches, short, middle and long ones. */
class Lengths {
  readonly choice = probabilities(2);
  readonly low = probabilities(POSITION_STATES * 8);
  readonly middle = probabilities(POSITION_STATES * 8);
  readonly high = probabilities(256);
}

class Unpacking {
  readonly #packed: Uint8Array;
  readonly #output: Uint8Array;
  readonly #literalContext: number;
  readonly #literalPosition: number;
  readonly #positionMask: number;
  #at = 1;
  #code = 0;
  #range = 0xffffffff;
  #written = 0;

  readonly #literals: Uint16Array;
  readonly #isMatch = probabilities(STATES * POSITION_STATES);
  readonly #isRepeated = probabilities(STATES);
  readonly #isRepeated0 = probabilities(STATES);
  readonly #isRepeated1 = probabilities(STATES);
  readonly #isRepeated2 = probabilities(STATES);
  readonly #isRepeated0Long = probabilities(STATES * POSITION_STATES);
  readonly #slots = probabilities(LENGTH_STATES * 64);
  readonly #distances = probabilities(1 + FULL_DISTANCES - END_POSITION_MODEL);
  readonly #align = probabilities(16);
  readonly #lengths = new Lengths();
  readonly #repeatedLengths = new Lengths();

  constructor(packed: Uint8Array, size: number, context: number, position: number, positionBits: number) {
    this.#packed = packed;
    this.#output = new Uint8Array(size);
    this.#literalContext = context;
    this.#literalPosition = position;
    this.#positionMask = (1 << positionBits) - 1;
    this.#literals = probabilities(0x300 << (context + position));
    for (let i = 0; i < 4; i++) this.#code = this.#code * 256 + this.#next();
  }

  run(): Uint8Array {
    let state = 0;
    // The last four distances, the latest first.
    let distances: [number, number, number, number] = [0, 0, 0, 0];
    const output = this.#output;
    while (this.#written < output.length) {
      const positionState = this.#written & this.#positionMask;
      const both = state * POSITION_STATES + positionState;
      if (this.#bit(this.#isMatch, both) === 0) {
        this.#literal(state, distances[0]);
        state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
        continue;
      }
      let length: number;
      if (this.#bit(this.#isRepeated, state) === 0) {
        length = this.#length(this.#lengths, positionState);
        state = state < 7 ? 7 : 10;
        distances = [this.#distance(length), distances[0], distances[1], distances[2]];
        // The mark of the end, before as many bytes as were promised.
        if (distances[0] === 0xffffffff) throw damaged();
      } else {
        if (this.#bit(this.#isRepeated0, state) === 0) {
          if (this.#bit(this.#isRepeated0Long, both) === 0) {
            state = state < 7 ? 9 : 11;
            this.#copy(distances[0], 1);
            continue;
          }
        } else {
          const [a, b, c, d] = distances;
          if (this.#bit(this.#isRepeated1, state) === 0) distances = [b, a, c, d];
          else if (this.#bit(this.#isRepeated2, state) === 0) distances = [c, a, b, d];
          else distances = [d, a, b, c];
        }
        length = this.#length(this.#repeatedLengths, positionState);
        state = state < 7 ? 8 : 11;
      }
      this.#copy(distances[0], length + SHORTEST_MATCH);
    }
    return output;
  }

  #literal(state: number, distance: number): void {
    const output = this.#output;
    const written = this.#written;
    const before = written > 0 ? output[written - 1]! : 0;
    const positionBits = written & ((1 << this.#literalPosition) - 1);
    const context = (positionBits << this.#literalContext) + (before >> (8 - this.#literalContext));
    const base = 0x300 * context;
    let symbol = 1;
    if (state >= 7) {
      if (distance >= written) throw damaged();
      let match = output[written - distance - 1]!;
      while (symbol < 0x100) {
        const matchBit = (match >> 7) & 1;
        match <<= 1;
        const bit = this.#bit(this.#literals, base + ((1 + matchBit) << 8) + symbol);
        symbol = symbol << 1 | bit;
        if (matchBit !== bit) break;
      }
    }
    while (symbol < 0x100) symbol = symbol << 1 | this.#bit(this.#literals, base + symbol);
    output[this.#written++] = symbol & 0xff;
  }

  #copy(distance: number, length: number): void {
    if (distance >= this.#written) throw damaged();
    const output = this.#output;
    const end = Math.min(this.#written + length, output.length);
    while (this.#written < end) {
      output[this.#written] = output[this.#written - distance - 1]!;
      this.#written++;
    }
  }

  #length(lengths: Lengths, positionState: number): number {
    if (this.#bit(lengths.choice, 0) === 0) return this.#tree(lengths.low, positionState * 8, 3);
    if (this.#bit(lengths.choice, 1) === 0) return 8 + this.#tree(lengths.middle, positionState * 8, 3);
    return 16 + this.#tree(lengths.high, 0, 8);
  }

  #distance(length: number): number {
    const slot = this.#tree(this.#slots, Math.min(length, LENGTH_STATES - 1) * 64, 6);
    if (slot < 4) return slot;
    const directBits = (slot >> 1) - 1;
    const distance = (2 | slot & 1) * 2 ** directBits;
    if (slot < END_POSITION_MODEL) {
      return distance + this.#reverseTree(this.#distances, distance - slot, directBits);
    }
    return distance + this.#directBits(directBits - 4) * 16 + this.#reverseTree(this.#align, 0, 4);
  }

  #tree(probabilities: Uint16Array, base: number, bits: number): number {
    let symbol = 1;
    for (let i = 0; i < bits; i++) symbol = symbol << 1 | this.#bit(probabilities, base + symbol);
    return symbol - (1 << bits);
  }

  #reverseTree(probabilities: Uint16Array, base: number, bits: number): number {
    let symbol = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.#bit(probabilities, base + symbol);
      symbol = symbol << 1 | bit;
      value += bit * 2 ** i;
    }
    return value;
  }

  #directBits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      this.#range = Math.floor(this.#range / 2);
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit === 1) this.#code -= this.#range;
      this.#normalize();
      value = value * 2 + bit;
    }
    return value;
  }

  #bit(probabilities: Uint16Array, index: number): number {
    const probability = probabilities[index]!;
    const bound = (this.#range >>> PROBABILITY_BITS) * probability;
    if (this.#code < bound) {
      probabilities[index] = probability + (((1 << PROBABILITY_BITS) - probability) >> MOVE_BITS);
      this.#range = bound;
      this.#normalize();
      return 0;
    }
    probabilities[index] = probability - (probability >> MOVE_BITS);
    this.#code -= bound;
    this.#range -= bound;
    this.#normalize();
    return 1;
  }

  #normalize(): void {
    if (this.#range >= TOP) return;
    this.#range *= 256;
    this.#code = this.#code * 256 + this.#next();
  }

  #next(): number {
    const byte = this.#packed[this.#at++];
    if (byte === undefined) throw damaged();
    return byte;
  }
}

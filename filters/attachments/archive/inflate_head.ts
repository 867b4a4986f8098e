/**
 * Unpacks the beginning of deflated bytes (RFC 1951), and not a byte more than wanted: zlib unpacks everything that it
 * is given, and a few hundred bytes can become half a megabyte.
 *
 * @module
 */

const LITERALS = 286;
const DISTANCES = 30;
const END_OF_BLOCK = 256;
const LONGEST_CODE = 15;
/** The order in which a block says how long the codes of its lengths are. */
const LENGTHS_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/** The shortest length that each symbol stands for, and how many bits are added. */
const LENGTH_BASES = [
  ...[3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31],
  ...[35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258],
];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASES = [
  ...[1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769],
  ...[1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577],
];
const DISTANCE_BITS = DISTANCE_BASES.map((_, symbol) => Math.max(0, (symbol >> 1) - 1));

/** The beginning of what was packed. */
export interface InflatedHead {
  /** The unpacked bytes; if the packed ones are damaged, those before the damage. */
  readonly bytes: Uint8Array;
  /** How many blocks were begun: each costs time, even an empty one. */
  readonly blocks: number;
  /** Whether more packed bytes would give more. */
  readonly isCutOff: boolean;
}

/**
 * Unpacks the beginning.
 *
 * @param packed the first packed bytes
 * @param most how many unpacked bytes are wanted
 */
export function inflateHead(packed: Uint8Array, most: number): InflatedHead {
  const bits = new Bits(packed);
  const output = new Output(most);
  let blocks = 0;
  for (let isLast = false; !isLast && !bits.isCutOff && !output.isFull;) {
    isLast = bits.take(1) === 1;
    const type = bits.take(2);
    if (bits.isCutOff) break;
    blocks++;
    if (!inflateBlock(type, bits, output)) break;
  }
  return { bytes: output.bytes, blocks, isCutOff: bits.isCutOff };
}

/** @returns false if the block is damaged or cut off */
function inflateBlock(type: number, bits: Bits, output: Output): boolean {
  if (type === 0) return copyStored(bits, output);
  if (type === 1) return inflateSymbols(bits, output, FIXED);
  const codes = type === 2 ? readCodes(bits) : undefined;
  return codes !== undefined && inflateSymbols(bits, output, codes);
}

function copyStored(bits: Bits, output: Output): boolean {
  bits.align();
  const length = bits.take(16);
  if ((bits.take(16) ^ 0xffff) !== length) return false;
  for (let left = length; left > 0 && !output.isFull; left--) {
    const byte = bits.take(8);
    if (bits.isCutOff) return false;
    output.add(byte);
  }
  return true;
}

interface Codes {
  readonly literals: Huffman;
  readonly distances: Huffman;
}

function inflateSymbols(bits: Bits, output: Output, { literals, distances }: Codes): boolean {
  while (!output.isFull) {
    const symbol = literals.next(bits);
    if (symbol === undefined) return false;
    if (symbol === END_OF_BLOCK) return true;
    if (symbol < END_OF_BLOCK) {
      output.add(symbol);
      continue;
    }
    const base = LENGTH_BASES[symbol - END_OF_BLOCK - 1];
    const length = (base ?? 0) + bits.take(LENGTH_BITS[symbol - END_OF_BLOCK - 1] ?? 0);
    const far = distances.next(bits);
    if (base === undefined || far === undefined || far >= DISTANCES) return false;
    const distance = DISTANCE_BASES[far]! + bits.take(DISTANCE_BITS[far]!);
    if (bits.isCutOff || !output.repeat(distance, length)) return false;
  }
  return true;
}

/** The codes of a block that brings its own. */
function readCodes(bits: Bits): Codes | undefined {
  const literals = bits.take(5) + 257;
  const distances = bits.take(5) + 1;
  const count = bits.take(4) + 4;
  if (literals > LITERALS || distances > DISTANCES) return undefined;
  const ofLengths = new Array<number>(LENGTHS_ORDER.length).fill(0);
  for (const symbol of LENGTHS_ORDER.slice(0, count)) ofLengths[symbol] = bits.take(3);
  const code = new Huffman(ofLengths);
  const lengths: number[] = [];
  while (lengths.length < literals + distances) {
    const symbol = code.next(bits);
    if (symbol === undefined) return undefined;
    if (symbol < 16) {
      lengths.push(symbol);
      continue;
    }
    if (symbol === 16 && lengths.length === 0) return undefined;
    const length = symbol === 16 ? lengths.at(-1)! : 0;
    const times = symbol === 16 ? 3 + bits.take(2) : symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7);
    for (let n = 0; n < times; n++) lengths.push(length);
  }
  if (bits.isCutOff || lengths.length > literals + distances) return undefined;
  return {
    literals: new Huffman(lengths.slice(0, literals)),
    distances: new Huffman(lengths.slice(literals)),
  };
}

/** A canonical Huffman code. */
class Huffman {
  /** How many codes there are of each length. */
  readonly #counts = new Uint16Array(LONGEST_CODE + 1);
  /** The symbols in the order of their codes. */
  readonly #symbols: Uint16Array;

  /** @param lengths how many bits the code of each symbol has; 0: it has none */
  constructor(lengths: readonly number[]) {
    for (const length of lengths) this.#counts[length]!++;
    this.#counts[0] = 0;
    const next = new Uint16Array(LONGEST_CODE + 2);
    for (let length = 1; length <= LONGEST_CODE; length++) {
      next[length + 1] = next[length]! + this.#counts[length]!;
    }
    this.#symbols = new Uint16Array(lengths.length);
    for (const [symbol, length] of lengths.entries()) {
      if (length > 0) this.#symbols[next[length]!++] = symbol;
    }
  }

  /** The next symbol; undefined if the bits are invalid or cut off. */
  next(bits: Bits): number | undefined {
    let [code, first, index] = [0, 0, 0];
    for (let length = 1; length <= LONGEST_CODE; length++) {
      code |= bits.take(1);
      const count = this.#counts[length]!;
      if (code - first < count) return bits.isCutOff ? undefined : this.#symbols[index + code - first];
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return undefined;
  }
}

const FIXED: Codes = {
  literals: new Huffman([
    ...new Array<number>(144).fill(8),
    ...new Array<number>(112).fill(9),
    ...new Array<number>(24).fill(7),
    ...new Array<number>(8).fill(8),
  ]),
  distances: new Huffman(new Array<number>(DISTANCES).fill(5)),
};

/** Reads bits, the lowest of each byte first. After the end there are zeros. */
class Bits {
  readonly #bytes: Uint8Array;
  #at = 0;
  #held = 0;
  #count = 0;
  /** Whether more were read than there are. */
  isCutOff = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @param count at most 16 */
  take(count: number): number {
    while (this.#count < count) {
      if (this.#at >= this.#bytes.length) this.isCutOff = true;
      this.#held |= (this.#bytes[this.#at++] ?? 0) << this.#count;
      this.#count += 8;
    }
    const value = this.#held & ((1 << count) - 1);
    this.#held >>>= count;
    this.#count -= count;
    return value;
  }

  /** Skips to the next byte. */
  align(): void {
    this.#held = 0;
    this.#count = 0;
  }
}

/** What was unpacked. */
class Output {
  readonly #bytes: Uint8Array;
  #length = 0;

  constructor(most: number) {
    this.#bytes = new Uint8Array(most);
  }

  get isFull(): boolean {
    return this.#length >= this.#bytes.length;
  }

  get bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  add(byte: number): void {
    this.#bytes[this.#length++] = byte;
  }

  /** @returns false if there are not that many bytes to go back */
  repeat(distance: number, length: number): boolean {
    if (distance > this.#length) return false;
    const bytes = this.#bytes;
    const end = Math.min(this.#length + length, bytes.length);
    for (let at = this.#length; at < end; at++) bytes[at] = bytes[at - distance]!;
    this.#length = end;
    return true;
  }
}

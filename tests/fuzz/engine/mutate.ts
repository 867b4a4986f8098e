/**
 * A case changed a little, or grown.
 *
 * @module
 */
import { concatenated } from "../../../lib/protocol/bytes.ts";
import { latin1Bytes } from "../../../lib/message/text.ts";
import type { Random } from "../../support/random.ts";

/** The longest case. */
export const MOST_BYTES = 65_536;

/** Bytes at which code decides. */
const INTERESTING: readonly number[] = [...latin1Bytes(
  "\0\x01\t\n\r \"'%()*+,-./09:;<=>?@AZ[\\]^_az{|}\x7f\x80\xbf\xc0\xc3\xf4\xff",
)];

/**
 * A case made of another one by up to eight changes.
 *
 * @param bytes the other one; it stays as it is
 * @param random the chance
 * @param others what pieces are taken of
 * @param words texts that matter to the target
 */
export function mutated(
  bytes: Uint8Array,
  random: Random,
  others: readonly Uint8Array[],
  words: readonly Uint8Array[],
): Uint8Array {
  let result: Uint8Array = bytes.slice();
  const changes = 1 << random.below(4);
  for (let i = 0; i < changes; i++) result = changedOnce(result, random, others, words);
  return result.length > MOST_BYTES ? result.slice(0, MOST_BYTES) : result;
}

/** A case with a piece of it repeated up to the longest length: what takes too long shows only there. */
export function grown(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length === 0) return bytes;
  const start = random.below(bytes.length);
  const end = Math.min(bytes.length, start + 1 + random.below(random.below(2) ? 4 : bytes.length));
  const piece = bytes.subarray(start, end);
  const most = MOST_BYTES >> random.below(4);
  const times = Math.floor(Math.max(0, most - bytes.length) / piece.length);
  const repeated = new Uint8Array(times * piece.length);
  for (let i = 0; i < times; i++) repeated.set(piece, i * piece.length);
  return concatenated([bytes.subarray(0, end), repeated, bytes.subarray(end)]);
}

function changedOnce(
  bytes: Uint8Array,
  random: Random,
  others: readonly Uint8Array[],
  words: readonly Uint8Array[],
): Uint8Array {
  const at = random.below(bytes.length + 1);
  const size = 1 + random.below(random.below(4) > 0 ? 8 : Math.max(bytes.length, 1));
  const end = Math.min(at + size, bytes.length);
  const byte = bytes[at];
  const replaced = (from: number, to: number, piece: Uint8Array) =>
    concatenated([bytes.subarray(0, from), piece, bytes.subarray(to)]);
  switch (random.below(words.length > 0 ? 12 : 10)) {
    case 0:
      return byte === undefined ? bytes : withByte(bytes, at, byte ^ (1 << random.below(8)));
    case 1:
      return byte === undefined ? bytes : withByte(bytes, at, random.below(256));
    case 2:
      return byte === undefined ? bytes : withByte(bytes, at, random.pick(INTERESTING));
    case 3:
      return byte === undefined ? bytes : withByte(bytes, at, byte + random.below(3) - 1);
    case 4:
      return replaced(at, at, Uint8Array.of(random.pick(INTERESTING)));
    case 5:
      return replaced(at, end, bytes.subarray(0, 0));
    case 6:
      return replaced(end, end, bytes.subarray(at, end));
    case 7: {
      const to = random.below(bytes.length + 1);
      return replaced(to, to, bytes.subarray(at, end));
    }
    case 8:
      return bytes.slice(0, at);
    case 9: {
      const other = others.length > 0 ? random.pick(others) : bytes;
      const from = random.below(other.length + 1);
      const piece = other.subarray(from, from + size);
      return random.below(2) ? replaced(at, at, piece) : replaced(at, at + piece.length, piece);
    }
    default: {
      const word = random.pick(words);
      return random.below(2)
        ? replaced(at, at, word)
        : replaced(at, Math.min(at + word.length, bytes.length), word);
    }
  }
}

function withByte(bytes: Uint8Array, at: number, byte: number): Uint8Array {
  const changed = bytes.slice();
  changed[at] = byte;
  return changed;
}

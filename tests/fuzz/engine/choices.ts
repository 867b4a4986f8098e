/**
 * Choices that follow from the bytes of a case, so that what is made of them can be mutated and made smaller as bytes.
 *
 * @module
 */
import { latin1Text } from "../../../lib/message/text.ts";
import { at } from "../../support/present.ts";
import { Random } from "../../support/random.ts";

/** Reads bytes as choices; behind their end every choice is the first one. */
export class Choices {
  readonly #bytes: Uint8Array;
  #at = 0;

  /** @param bytes the case */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** The next byte; 0 behind the end. */
  byte(): number {
    return this.#at < this.#bytes.length ? at(this.#bytes, this.#at++) : 0;
  }

  /** The next two bytes as a number. */
  u16(): number {
    return (this.byte() << 8) | this.byte();
  }

  /** The next four bytes as a number. */
  u32(): number {
    return ((this.u16() << 16) | this.u16()) >>> 0;
  }

  /** One of up to 256 things. */
  of<T>(things: readonly T[]): T {
    return at(things, this.byte() % things.length);
  }

  /** Bytes up to a NUL, which ends them, or to the end. */
  bytes(): Uint8Array {
    const nul = this.#bytes.indexOf(0, this.#at);
    const end = nul < 0 ? this.#bytes.length : nul;
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = Math.min(end + 1, this.#bytes.length);
    return bytes;
  }

  /** The same as text, a character a byte. */
  text(): string {
    return latin1Text(this.bytes());
  }

  /** All bytes that are left. */
  rest(): Uint8Array {
    const bytes = this.#bytes.subarray(this.#at);
    this.#at = this.#bytes.length;
    return bytes;
  }
}

/** Chance whose numbers are the bytes of a case, two each: for generators that want {@linkcode Random}. */
export class BytesAsChance extends Random {
  readonly #choices: Choices;

  /** @param bytes the case */
  constructor(bytes: Uint8Array) {
    super(0);
    this.#choices = new Choices(bytes);
  }

  override next(): number {
    // In the middle behind the end: neither what seldom happens nor the longest list.
    return this.#choices.left > 0 ? this.#choices.u16() / 0x10000 : 0.5;
  }
}

/** A number that follows from bytes (FNV-1a), for choices that are no part of the case, such as where it is cut. */
export function numberOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Longest case that is also taken byte by byte. */
const MOST_SINGLE = 2000;

/**
 * Ways to hand bytes over: whole, cut anywhere, and byte by byte where there are not too many.
 *
 * @param bytes the bytes; each piece is a copy of its own
 */
export function* cuttings(bytes: Uint8Array): Generator<Uint8Array[]> {
  yield [bytes.slice()];
  const random = new Random(numberOf(bytes));
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const most = random.below(3) > 0 ? 12 : 1 + bytes.length / 2;
    const end = at + 1 + random.below(most);
    pieces.push(bytes.slice(at, end));
    at = end;
  }
  yield pieces;
  if (bytes.length <= MOST_SINGLE) yield Array.from(bytes, (byte) => Uint8Array.of(byte));
}

/**
 * Reads the directory of a 7z file field by field.
 *
 * @module
 */

import { UnreadableArchiveError } from "./errors.ts";

/** A position in a directory. Reading past the end means that it is damaged. */
export class SevenZipFields {
  readonly #bytes: Uint8Array;
  #at = 0;

  /** @param bytes the directory, or a part of it */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** A byte. */
  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw damaged();
    return byte;
  }

  /** A number: the leading set bits of the first byte count the bytes after it, which are little-endian. */
  number(): number {
    const first = this.byte();
    let value = 0;
    let factor = 1;
    for (let mask = 0x80; mask > 0; mask >>= 1) {
      if ((first & mask) === 0) return value + (first & (mask - 1)) * factor;
      value += this.byte() * factor;
      factor *= 256;
    }
    return value;
  }

  /** A count of things that each take at least one byte. */
  count(): number {
    const count = this.number();
    if (count > this.#bytes.length) throw damaged();
    return count;
  }

  /** Bytes. */
  take(length: number): Uint8Array {
    this.skip(length);
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** Skips bytes. */
  skip(length: number): void {
    this.#at += length;
    if (this.#at > this.#bytes.length) throw damaged();
  }

  /** A bit for each thing, the highest first. */
  bits(count: number): boolean[] {
    const bits: boolean[] = [];
    let byte = 0;
    for (let i = 0; i < count; i++) {
      if (i % 8 === 0) byte = this.byte();
      bits.push((byte & 0x80 >> i % 8) !== 0);
    }
    return bits;
  }

  /** The same, or a byte that says that all are set. */
  bitsOrAll(count: number): boolean[] {
    return this.byte() === 0 ? this.bits(count) : new Array<boolean>(count).fill(true);
  }

  /** Names in UTF-16, each ended by NUL. */
  names(count: number): string[] {
    const names = new TextDecoder("utf-16le").decode(this.#bytes.subarray(this.#at)).split("\0", count);
    if (names.length < count) throw damaged();
    return names;
  }
}

function damaged(): UnreadableArchiveError {
  return new UnreadableArchiveError("has a damaged directory");
}

/**
 * Finds packets in a byte stream. On the wire a packet is `uint32 length | command | payload`, where the length includes the
 * command.
 *
 * @module
 */

import { byteAt, uint32At } from "./bytes.ts";
import { MAX_DATA, PACKET_HEAD } from "./constants.ts";
import { letter, ProtocolError } from "./errors.ts";

const EMPTY = new Uint8Array(0);
/** A smaller piece of a packet is not passed on separately: it waits for more. */
const LEAST_PIECE = 2048;

/**
 * Splits a byte stream into packets, in place: a packet that is complete in one pushed array is not copied.
 *
 * After {@linkcode next} has returned true, `command`, `bytes`, `start` and `end` describe the packet; its payload is `bytes`
 * from `start` up to `end`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { FrameDecoder } from "./frame_decoder.ts";
 *
 * const decoder = new FrameDecoder();
 * decoder.push(new Uint8Array([0, 0, 0, 3, 0x48]));
 * assert.equal(decoder.next(), false);
 * decoder.push(new Uint8Array([0x61, 0]));
 * assert.equal(decoder.next(), true);
 * assert.equal(decoder.command, 0x48);
 * assert.deepEqual([...decoder.bytes.subarray(decoder.start, decoder.end)], [0x61, 0]);
 * ```
 */
export class FrameDecoder {
  /** The command letter of the current packet. */
  command = 0;
  /** Contains the current packet. */
  bytes: Uint8Array = EMPTY;
  /** Where its payload begins in `bytes`. */
  start = 0;
  /** Where its payload ends in `bytes`. */
  end = 0;
  /** Whether the packet ends here; false for every piece of a packet except the last, see {@linkcode inPieces}. */
  last = true;
  /**
   * The command whose payload is passed on in pieces as it arrives, unless it is complete in one pushed array: joining a
   * large one would copy it. -1: none.
   */
  inPieces = -1;
  /** The maximum number of payload bytes of a packet; a longer one is an error before anything of it is kept. */
  maxData: number = MAX_DATA;

  #input: Uint8Array = EMPTY;
  #position = 0;
  /** Joins a packet, or a piece of one, that arrives in several reads. */
  #partial: Uint8Array | undefined;
  #partialLength = 0;
  /** How many bytes are still missing of a packet that is passed on in pieces. */
  #left = 0;

  /** How many bytes are held that are not part of a packet yet. */
  get buffered(): number {
    return this.#input.length - this.#position + this.#partialLength;
  }

  /**
   * Takes the next bytes of the stream. They are read in place and views of them are passed on, so they must not be
   * written to again.
   */
  push(bytes: Uint8Array): void {
    if (this.#position === this.#input.length) {
      this.#input = bytes;
    } else {
      const rest = this.#input.length - this.#position;
      const joined = new Uint8Array(rest + bytes.length);
      joined.set(this.#input.subarray(this.#position));
      joined.set(bytes, rest);
      this.#input = joined;
    }
    this.#position = 0;
  }

  /**
   * Steps to the next packet, or to the next piece of one.
   *
   * @returns whether there is one; false if more bytes are needed
   * @throws {ProtocolError} `packet-empty` for a length of 0, `packet-too-long` for one above `maxData`
   */
  next(): boolean {
    if (this.#left > 0) return this.#nextPiece();
    if (this.#partial !== undefined) return this.#nextFromPartial(this.#partial);
    const input = this.#input;
    const at = this.#position;
    const available = input.length - at;
    if (available >= 4) {
      const length = checkedLength(input, at, this.maxData);
      if (available >= 4 + length) {
        this.command = byteAt(input, at + 4);
        this.bytes = input;
        this.start = at + PACKET_HEAD;
        this.end = at + 4 + length;
        this.#position = this.end;
        return true;
      }
      if (available >= PACKET_HEAD) {
        if (input[at + 4] !== this.inPieces) return this.#keep(4 + length);
        this.#position = at + PACKET_HEAD;
        return this.#firstPiece(length - 1);
      }
    }
    if (available > 0) return this.#keep(PACKET_HEAD);
    // So that a silent connection does not keep the last read buffer in memory.
    this.#input = this.bytes = EMPTY;
    this.#position = 0;
    return false;
  }

  /**
   * The payload of the packet after the current one, if it is complete and has this letter. An invalid length is left for
   * {@linkcode next} to refuse, after the current packet has been processed.
   */
  ahead(
    command: number,
  ): { readonly start: number; readonly end: number; readonly bytes: Uint8Array } | undefined {
    const bytes = this.#input;
    const at = this.#position;
    if (this.#left > 0 || bytes.length - at < PACKET_HEAD || bytes[at + 4] !== command) return undefined;
    const length = uint32At(bytes, at);
    const end = at + 4 + length;
    // An invalid packet is an error of the step to it, as if it came later.
    const whole = length > 0 && length - 1 <= this.maxData && end <= bytes.length;
    return whole ? { bytes, start: at + PACKET_HEAD, end } : undefined;
  }

  /**
   * Whether a complete packet with a command has arrived that {@linkcode next} has not stepped to. Looks at every packet that
   * is held, so do not call it often.
   */
  holds(command: number): boolean {
    // A packet that is being joined from several reads is the last one.
    if (this.#partial !== undefined) return false;
    const input = this.#input;
    let at = this.#position + this.#left;
    while (at + PACKET_HEAD <= input.length) {
      const length = uint32At(input, at);
      if (length === 0) return false;
      const next = at + 4 + length;
      if (input[at + 4] === command && next <= input.length) return true;
      at = next;
    }
    return false;
  }

  /** Moves the rest of the input into a buffer for one packet or piece, or for a packet's head. */
  #keep(size: number): false {
    const rest = this.#input.length - this.#position;
    const partial = new Uint8Array(size);
    partial.set(this.#input.subarray(this.#position));
    this.#partial = partial;
    this.#partialLength = rest;
    this.#input = EMPTY;
    this.#position = 0;
    return false;
  }

  #nextFromPartial(partial: Uint8Array): boolean {
    const whole = this.#fill(partial);
    if (partial.length === PACKET_HEAD && this.#partialLength >= 4) {
      const length = checkedLength(partial, 0, this.maxData);
      if (!whole) return false;
      if (length > 1) return this.#goOn(partial, length);
    }
    if (!whole) return false;
    this.command = byteAt(partial, 4);
    this.bytes = partial;
    this.start = PACKET_HEAD;
    this.end = partial.length;
    this.#dropPartial();
    return true;
  }

  /** Continues after the head of a packet. */
  #goOn(head: Uint8Array, length: number): boolean {
    if (head[4] === this.inPieces) {
      this.#dropPartial();
      return this.#firstPiece(length - 1);
    }
    const partial = new Uint8Array(4 + length);
    partial.set(head);
    this.#partial = partial;
    return this.#nextFromPartial(partial);
  }

  #firstPiece(size: number): boolean {
    this.command = this.inPieces;
    this.#left = size;
    return this.#nextPiece();
  }

  #nextPiece(): boolean {
    const partial = this.#partial;
    if (partial !== undefined) {
      if (!this.#fill(partial)) return false;
      this.#dropPartial();
      return this.#piece(partial, 0, partial.length);
    }
    const start = this.#position;
    const size = Math.min(this.#left, this.#input.length - start);
    if (size === 0) return false;
    if (size < this.#left && size < LEAST_PIECE) return this.#keep(Math.min(this.#left, LEAST_PIECE));
    this.#position += size;
    return this.#piece(this.#input, start, start + size);
  }

  #piece(bytes: Uint8Array, start: number, end: number): true {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.#left -= end - start;
    this.last = this.#left === 0;
    return true;
  }

  #dropPartial(): void {
    this.#partial = undefined;
    this.#partialLength = 0;
  }

  #fill(partial: Uint8Array): boolean {
    const take = Math.min(partial.length - this.#partialLength, this.#input.length - this.#position);
    partial.set(this.#input.subarray(this.#position, this.#position + take), this.#partialLength);
    this.#position += take;
    this.#partialLength += take;
    return this.#partialLength === partial.length;
  }
}

function checkedLength(bytes: Uint8Array, at: number, maxData: number): number {
  const length = uint32At(bytes, at);
  if (length === 0) throw new ProtocolError("packet-empty", 0, "Malformed packet: length 0");
  if (length - 1 > maxData) {
    const command = bytes.length > at + 4 ? ` of ${letter(byteAt(bytes, at + 4))}` : "";
    throw new ProtocolError(
      "packet-too-long",
      length,
      `Malformed packet${command}: length ${length} is more than ${maxData + 1}; not the milter protocol?`,
    );
  }
  return length;
}

/**
 * Collects packets in their wire format.
 *
 * @module
 */

import { PACKET_HEAD } from "./constants.ts";

const EMPTY = new Uint8Array(0);
/** The size of a new buffer. */
const LEAST_BUFFER = 64;
/** The maximum number of bytes that are copied where a view would do. */
const MOST_COPIED = 1024;
/** Packets without payload, by command; each is made once. */
const EMPTY_PACKETS: (Uint8Array | undefined)[] = [];

/**
 * Collects outgoing packets in one buffer, so that all answers to one read are sent in one write.
 */
export class FrameWriter {
  /** Created when a packet needs it, and handed over with the packets: a silent connection keeps none. */
  #buffer: Uint8Array = EMPTY;
  #length = 0;
  #frameStart = 0;
  /**
   * The command of the only packet so far, if it has no payload: most answers are one such packet. It is not in the buffer;
   * -1: the packets are.
   */
  #lone = -1;

  /** How many bytes wait to be taken. */
  get length(): number {
    return this.#length;
  }

  /** Appends a packet without payload. */
  empty(command: number): void {
    if (this.#length === 0) {
      this.#lone = command;
      this.#length = PACKET_HEAD;
      return;
    }
    if (this.#lone >= 0) this.#unpackLone();
    this.#appendEmpty(command);
  }

  /** Begins a packet; write its payload with the other methods, then call {@linkcode end}. */
  begin(command: number): void {
    if (this.#lone >= 0) this.#unpackLone();
    this.#reserve(PACKET_HEAD);
    this.#frameStart = this.#length;
    this.#buffer[this.#length + 4] = command;
    this.#length += PACKET_HEAD;
  }

  /** Ends the packet by writing its length. */
  end(): void {
    const length = this.#length - this.#frameStart - 4;
    const at = this.#frameStart;
    this.#buffer[at] = length >>> 24;
    this.#buffer[at + 1] = length >>> 16;
    this.#buffer[at + 2] = length >>> 8;
    this.#buffer[at + 3] = length;
  }

  /** Appends one byte. */
  u8(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  /** Appends a 16-bit number. */
  u16(value: number): void {
    this.u8(value >>> 8);
    this.u8(value);
  }

  /** Appends a 32-bit number. */
  u32(value: number): void {
    this.u16(value >>> 16);
    this.u16(value);
  }

  /** Appends bytes to a packet unchanged. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Appends complete packets. The bytes may be those that {@linkcode take} returns, so they must never be written to. */
  packets(bytes: Uint8Array): void {
    if (this.#length === 0) {
      // The buffer is full, so whatever comes after them is written to a larger one.
      this.#buffer = bytes;
      this.#length = bytes.length;
      return;
    }
    if (this.#lone >= 0) this.#unpackLone();
    this.raw(bytes);
  }

  /** Removes and returns all packets so far. The bytes must not be written to. */
  take(): Uint8Array {
    if (this.#lone >= 0) {
      this.#length = 0;
      const command = this.#lone;
      this.#lone = -1;
      return EMPTY_PACKETS[command] ??= Uint8Array.of(0, 0, 0, 1, command);
    }
    const buffer = this.#buffer;
    const length = this.#length;
    this.#length = 0;
    this.#buffer = EMPTY;
    if (length === buffer.length) return buffer;
    // A copy of few bytes is smaller than a view.
    return length <= MOST_COPIED ? buffer.slice(0, length) : buffer.subarray(0, length);
  }

  /** Moves the lone packet into the buffer. */
  #unpackLone(): void {
    const command = this.#lone;
    this.#lone = -1;
    this.#length = 0;
    this.#appendEmpty(command);
  }

  #appendEmpty(command: number): void {
    this.#reserve(PACKET_HEAD);
    const buffer = this.#buffer;
    const at = this.#length;
    // The buffer is new, and so zero.
    buffer[at + 3] = 1;
    buffer[at + 4] = command;
    this.#length = at + PACKET_HEAD;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2, LEAST_BUFFER));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}

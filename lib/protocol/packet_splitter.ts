/**
 * Splits a byte stream into packets for observers: nothing is lost, and bytes that are not a packet are passed on unchanged.
 *
 * @module
 */

import { byteAt } from "./bytes.ts";
import { MAX_DATA_1M, PACKET_HEAD } from "./constants.ts";

/** A complete packet. */
export interface SplitPacket {
  /** All of it, as on the wire: length, letter and payload. */
  readonly bytes: Uint8Array;
  /** Its letter. */
  readonly command: number;
  /** The bytes after the letter. */
  readonly payload: Uint8Array;
}

/** Bytes that are not a packet. */
export interface Unsplit {
  /** The bytes as received. */
  readonly bytes: Uint8Array;
  /** Why they are not a packet. */
  readonly problem: string;
}

/** A piece of a stream; all pieces, joined, are the stream. */
export type StreamPiece = SplitPacket | Unsplit;

/**
 * Splits a stream into packets, up to an invalid length: after that it is unknown where the next packet begins, so the rest
 * is passed on as received.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { PacketSplitter } from "./packet_splitter.ts";
 *
 * const splitter = new PacketSplitter();
 * assert.deepEqual(splitter.push(new Uint8Array([0, 0, 0, 1])), []);
 * const [packet] = splitter.push(new Uint8Array([0x63]));
 * assert.equal(packet?.bytes.length, 5);
 * ```
 */
export class PacketSplitter {
  #chunks: Uint8Array[] = [];
  #length = 0;
  /** How many bytes are needed for the next packet. */
  #wanted = PACKET_HEAD;
  #problem: string | undefined;

  /** Whether the stream turned out not to be packets. */
  get broken(): boolean {
    return this.#problem !== undefined;
  }

  /**
   * Takes the next bytes of the stream, which must never be written to again.
   *
   * @returns the pieces that they complete
   */
  push(bytes: Uint8Array): StreamPiece[] {
    if (bytes.length === 0) return [];
    if (this.#problem !== undefined) return [{ bytes, problem: this.#problem }];
    this.#chunks.push(bytes);
    this.#length += bytes.length;
    return this.#length < this.#wanted ? [] : this.#split(this.#takeAll());
  }

  /** The incomplete packet at the end of the stream, if there is one. */
  end(): Unsplit | undefined {
    if (this.#length === 0) return undefined;
    return { bytes: this.#takeAll(), problem: "the stream ends inside a packet" };
  }

  #split(input: Uint8Array): StreamPiece[] {
    const pieces: StreamPiece[] = [];
    const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
    let at = 0;
    this.#wanted = PACKET_HEAD;
    while (input.length - at >= PACKET_HEAD) {
      const length = view.getUint32(at);
      this.#problem = lengthProblem(length);
      if (this.#problem !== undefined) {
        pieces.push({ bytes: input.subarray(at), problem: this.#problem });
        return pieces;
      }
      const end = at + 4 + length;
      if (end > input.length) {
        this.#wanted = end - at;
        break;
      }
      pieces.push({
        bytes: input.subarray(at, end),
        command: byteAt(input, at + 4),
        payload: input.subarray(at + PACKET_HEAD, end),
      });
      at = end;
    }
    if (at < input.length) {
      this.#chunks.push(input.subarray(at));
      this.#length = input.length - at;
    }
    return pieces;
  }

  #takeAll(): Uint8Array {
    const [first = new Uint8Array(0), ...others] = this.#chunks;
    const whole = others.length === 0 ? first : joined(first, others, this.#length);
    this.#chunks = [];
    this.#length = 0;
    return whole;
  }
}

function joined(first: Uint8Array, others: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  whole.set(first);
  let at = first.length;
  for (const chunk of others) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function lengthProblem(length: number): string | undefined {
  if (length === 0) return "not the milter protocol: a packet of length 0";
  if (length - 1 <= MAX_DATA_1M) return undefined;
  return `not the milter protocol: a packet of length ${length}, ${MAX_DATA_1M + 1} is the most`;
}

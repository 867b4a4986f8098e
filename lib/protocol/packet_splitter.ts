/**
 * A byte stream cut into packets by who only looks on: nothing is lost, and what is no packet is told as it came.
 *
 * @module
 */

import { byteAt } from "./bytes.ts";
import { MAX_DATA_1M } from "./constants.ts";

/** A packet, whole. */
export interface SplitPacket {
  /** All of it, as on the wire: length, letter and payload. */
  readonly bytes: Uint8Array;
  /** Its letter. */
  readonly command: number;
  /** What stands behind the letter. */
  readonly payload: Uint8Array;
}

/** Bytes that no packet can be made of. */
export interface Unsplit {
  /** The bytes as they came. */
  readonly bytes: Uint8Array;
  /** Why they are no packet. */
  readonly problem: string;
}

/** A piece of a stream; all pieces behind each other are the stream. */
export type StreamPiece = SplitPacket | Unsplit;

/** A packet's length and its letter. */
const HEAD = 5;

/**
 * Cuts a stream into packets.
 *
 * A length that cannot be ends that: where the next packet would begin is not known any more, so all that follows is
 * told as it comes.
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
  /** How many bytes are needed before it is worth looking. */
  #wanted = HEAD;
  #problem: string | undefined;

  /** Whether the stream has turned out not to be packets. */
  get broken(): boolean {
    return this.#problem !== undefined;
  }

  /**
   * Takes the next bytes of the stream, which must never be written to again.
   *
   * @returns what is complete with them
   */
  push(bytes: Uint8Array): StreamPiece[] {
    if (bytes.length === 0) return [];
    if (this.#problem !== undefined) return [{ bytes, problem: this.#problem }];
    this.#chunks.push(bytes);
    this.#length += bytes.length;
    return this.#length < this.#wanted ? [] : this.#split(this.#takeAll());
  }

  /** What is left over once the stream has ended: a part of a packet. */
  end(): Unsplit | undefined {
    if (this.#length === 0) return undefined;
    return { bytes: this.#takeAll(), problem: "the stream ends inside a packet" };
  }

  #split(input: Uint8Array): StreamPiece[] {
    const pieces: StreamPiece[] = [];
    const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
    let at = 0;
    this.#wanted = HEAD;
    while (input.length - at >= HEAD) {
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
        payload: input.subarray(at + HEAD, end),
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

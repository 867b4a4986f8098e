/**
 * The decoded content of a part as a source that is read at any position.
 *
 * @module
 */

import type { Part } from "../../lib/mime/part.ts";
import { checkpointBefore, type DecodingStart } from "../../lib/mime/transfer/checkpoints.ts";
import { decoderOf } from "../../lib/mime/transfer/transfer.ts";
import type { Source } from "./archive/source.ts";

/** How many bytes of encoded content lie between two places where decoding may begin, at least. */
const DISTANCE = 64 * 1024;

/**
 * Decodes a part from any position near what was decoded before, so that the bytes before need not be decoded again.
 */
export class PartSource implements Source {
  readonly #part: Part;
  readonly #checkpoints: DecodingStart[];

  /** @param part the part */
  constructor(part: Part) {
    this.#part = part;
    this.#checkpoints = [{ encoded: 0, decoded: 0, decoder: decoderOf(part.encoding) }];
  }

  /** @param from the position of the first byte that is wanted */
  async *open(from = 0): AsyncGenerator<Uint8Array, void> {
    const start = checkpointBefore(this.#checkpoints, from);
    const decoder = start.decoder.clone();
    let { encoded, decoded } = start;
    /** Drops the bytes before the wanted position. */
    const wanted = (bytes: Uint8Array) => {
      decoded += bytes.length;
      return bytes.subarray(Math.max(0, from - (decoded - bytes.length)));
    };
    for await (const piece of this.#part.raw(encoded)) {
      if (encoded - this.#checkpoints.at(-1)!.encoded >= DISTANCE) {
        this.#checkpoints.push({ encoded, decoded, decoder: decoder.clone() });
      }
      encoded += piece.length;
      const bytes = wanted(decoder.push(piece));
      if (bytes.length > 0) yield bytes;
    }
    const rest = wanted(decoder.end());
    if (rest.length > 0) yield rest;
  }
}

/**
 * Places in encoded content where decoding may start, so that the parts of an encoded message can be read without decoding
 * everything before them.
 *
 * @module
 */

import type { TransferDecoder } from "./decoder.ts";

/** The maximum distance between two checkpoints, in bytes of encoded content. */
export const CHECKPOINT_DISTANCE = 16_384;

/** A place where decoding may start. */
export interface DecodingStart {
  /** The number of bytes of encoded content decoded so far. */
  readonly encoded: number;
  /** The number of decoded bytes so far. */
  readonly decoded: number;
  /** The decoder in its state at this point; clone it before use. */
  readonly decoder: TransferDecoder;
}

/** What is known about decoded content. */
export interface DecodedContent {
  /** Its size when decoded, in bytes. */
  readonly size: number;
  /** Where decoding may start; the first is at the start. */
  readonly checkpoints: readonly DecodingStart[];
}

/** The last checkpoint at or before a position of the decoded content. The first one must be at its start. */
export function checkpointBefore(checkpoints: readonly DecodingStart[], position: number): DecodingStart {
  let low = 0;
  let high = checkpoints.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (checkpoints[middle]!.decoded <= position) low = middle;
    else high = middle - 1;
  }
  return checkpoints[low]!;
}

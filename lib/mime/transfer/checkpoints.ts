/**
 * Places in encoded content where decoding may start, so that the parts of an encoded message can be read without decoding
 * everything before them.
 *
 * @module
 */

import type { TransferDecoder } from "./decoder.ts";

/** How many bytes of encoded content lie between two checkpoints, at most. */
export const CHECKPOINT_DISTANCE = 16_384;

/** A place where decoding may start. */
export interface DecodingStart {
  /** How many bytes of encoded content were decoded. */
  readonly encoded: number;
  /** How many bytes they gave. */
  readonly decoded: number;
  /** The decoder as it was then; clone it before use. */
  readonly decoder: TransferDecoder;
}

/** What is known of content that was decoded. */
export interface DecodedContent {
  /** How many bytes it has when it is decoded. */
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

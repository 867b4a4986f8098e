/**
 * Splices: ranges of a body's bytes, each with its replacement. All other bytes stay unchanged.
 *
 * @module
 */

import type { ByteSource } from "../byte_source.ts";

/** Bytes in pieces. */
export type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** A range of a body's bytes, with its replacement. */
export interface Splice {
  /** The position of the first byte to remove. */
  readonly start: number;
  /** The position after the last byte to remove; equal to {@linkcode start} if nothing is removed. */
  readonly end: number;
  /** The replacement: bytes, or a function that makes them when the new body is read. */
  readonly content: Uint8Array | (() => Pieces);
}

/** Two splices change the same bytes: a bug in the caller. */
export class OverlappingSplicesError extends Error {
  override readonly name = "OverlappingSplicesError";
  /** Always `overlapping-splices`. */
  readonly code = "overlapping-splices";
  /** The splice that begins within another. */
  readonly value: Splice;

  /**
   * @param value the splice that begins within another
   * @param end where the other one ends
   */
  constructor(value: Splice, end: number) {
    super(`Cannot change bytes ${value.start} to ${value.end}: another change reaches to byte ${end}`);
    this.value = value;
  }
}

/**
 * Sorts splices by position; those at the same position keep their order.
 *
 * @throws {OverlappingSplicesError} if two of them change the same bytes
 */
export function sortedSplices(splices: Iterable<Splice>): Splice[] {
  const sorted = [...splices].sort((a, b) => a.start - b.start || a.end - b.end);
  let reached = 0;
  for (const splice of sorted) {
    if (splice.start < reached) throw new OverlappingSplicesError(splice, reached);
    reached = splice.end;
  }
  return sorted;
}

/**
 * Yields a body with splices applied, in pieces, without buffering.
 *
 * @param source the body
 * @param splices in any order
 * @param isBrief whether each piece is used only until the next one is requested
 * @throws {OverlappingSplicesError} if two of them change the same bytes
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { bytesSource } from "../byte_source.ts";
 * import { spliced } from "./splice.ts";
 *
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * let text = "";
 * for await (const piece of spliced(bytesSource(bytes("Hello, world")), [{ start: 7, end: 12, content: bytes("all") }])) {
 *   text += new TextDecoder().decode(piece);
 * }
 * assert.equal(text, "Hello, all");
 * ```
 */
export async function* spliced(
  source: ByteSource,
  splices: Iterable<Splice>,
  isBrief = false,
): AsyncGenerator<Uint8Array, void> {
  let at = 0;
  for (const { start, end, content } of sortedSplices(splices)) {
    if (at < start) yield* source.read(at, start, isBrief);
    if (typeof content === "function") yield* content();
    else if (content.length > 0) yield content;
    at = end;
  }
  if (at < source.size) yield* source.read(at, source.size, isBrief);
}

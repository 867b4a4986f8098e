/**
 * Sources of a message's bytes: memory, a file, or the content that the chain keeps.
 *
 * @module
 */

/** The maximum number of bytes that a source in memory gives at a time. */
const PIECE = 65_536;

/** Bytes that can be read from any position, more than once. */
export interface ByteSource {
  /** How many bytes there are. */
  readonly size: number;
  /**
   * Reads bytes in non-empty pieces; unless `isBrief` is set, a piece is never written to again. To stop early, leave
   * the loop.
   *
   * @param start the position of the first byte
   * @param end the position after the last byte, at most {@linkcode size}
   * @param isBrief whether each piece is used only until the next one is requested, so that the source may reuse its
   * memory
   */
  read(start: number, end: number, isBrief?: boolean): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/**
 * Makes a source from bytes in memory.
 *
 * @param bytes not copied, so they must not be modified
 */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    *read(start, end) {
      for (let at = start; at < end; at += PIECE) yield bytes.subarray(at, Math.min(at + PIECE, end));
    },
  };
}

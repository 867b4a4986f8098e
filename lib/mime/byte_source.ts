/**
 * Where the bytes of a message come from: memory, a file, or what the chain keeps of a message.
 *
 * @module
 */

/** The most bytes that a source in memory gives at a time. */
const PIECE = 65_536;

/** Bytes that can be read from any position, more than once. */
export interface ByteSource {
  /** How many bytes there are. */
  readonly size: number;
  /**
   * Reads bytes in pieces, none of them empty; unless `isBrief`, none is ever written to again. One who stops early ends the loop, which ends the
   * reading.
   *
   * @param start the position of the first byte
   * @param end the position after the last byte, at most {@linkcode size}
   * @param isBrief whether each piece is of use only until the next one is asked for, so that the source may read that into
   * the same memory
   */
  read(start: number, end: number, isBrief?: boolean): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/**
 * Bytes in memory as a source.
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

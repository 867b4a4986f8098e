/**
 * What is kept of a message as a source of bytes, from which any range can be read.
 *
 * @module
 */

import type { Spool } from "./spool.ts";

/** The bytes of a spool, readable from any position. */
export interface SpoolSource {
  /** How many bytes there are. */
  readonly size: number;
  /**
   * Reads bytes in pieces.
   *
   * @param start the position of the first byte
   * @param end the position after the last byte
   * @throws {SpoolError} if they cannot be read, or the message is over
   */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

/**
 * Makes a source of a spool, once everything was pushed.
 *
 * @param spool the spool, which the caller closes
 * @param check called before each piece; what it throws ends the reading
 */
export function spoolSource(spool: Spool, check?: () => void): SpoolSource {
  return {
    size: spool.size,
    async *read(start, end) {
      const reader = spool.read(start, end);
      while (true) {
        check?.();
        const piece = reader.next();
        const bytes = piece instanceof Promise ? await piece : piece;
        if (bytes === undefined) return;
        yield bytes;
      }
    },
  };
}

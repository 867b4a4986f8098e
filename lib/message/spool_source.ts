/**
 * What is kept of a message as a source of bytes, from which any range can be read.
 *
 * @module
 */

import type { ByteSource } from "../mime/byte_source.ts";
import type { Spool } from "./spool.ts";

/**
 * Makes a source of a spool, once everything was pushed. Reading fails with {@linkcode SpoolError} if the file cannot be read,
 * and once the spool is closed.
 *
 * @param spool the spool, which the caller closes
 * @param check called before each piece; what it throws ends the reading
 */
export function spoolSource(spool: Spool, check?: () => void): ByteSource {
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

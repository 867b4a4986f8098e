/**
 * Kept content of a message as a source of bytes, from which any range can be read.
 *
 * @module
 */

import type { ByteSource } from "../mime/byte_source.ts";
import { noteReleasedBytes } from "./garbage_collection.ts";
import type { Spool } from "./spool.ts";

/**
 * Makes a source from a spool, once everything was pushed. Reading fails with {@linkcode SpoolError} if the file cannot
 * be read or the spool is closed.
 *
 * @param spool the spool, which the caller closes
 * @param check called before each piece; what it throws ends the reading
 */
export function spoolSource(spool: Spool, check?: () => void): ByteSource {
  return sourceOf(spool, check, () => {});
}

/**
 * The same for parts. What they decode from short-lived pieces soon becomes garbage, which Bun collects late.
 *
 * @param spool the spool, which the caller closes
 * @param check called before each piece
 */
export function decodedSpoolSource(spool: Spool, check: () => void): ByteSource {
  return sourceOf(spool, check, noteReleasedBytes);
}

function sourceOf(
  spool: Spool,
  check: (() => void) | undefined,
  decoded: typeof noteReleasedBytes,
): ByteSource {
  return {
    size: spool.size,
    async *read(start, end, isBrief) {
      const reader = spool.read(start, end, isBrief);
      while (true) {
        check?.();
        const piece = reader.next();
        const bytes = piece instanceof Promise ? await piece : piece;
        if (bytes === undefined) return;
        if (isBrief) decoded(bytes.length, spool.size);
        yield bytes;
      }
    },
  };
}

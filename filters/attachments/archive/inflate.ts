/**
 * Unpacks what zip and gzip files hold, bounded.
 *
 * @module
 */

import { constants, createGunzip, createInflateRaw, inflateRawSync } from "node:zlib";
import { Readable } from "node:stream";
import type { Effort } from "./effort.ts";
import type { Source } from "./source.ts";

/**
 * How much of a file's packed bytes is unpacked to see what it is. Deflate makes at most 1032 bytes of one, so this cannot
 * become more than {@linkcode MOST_UNPACKED}.
 */
export const PACKED_HEAD = 512;
const MOST_UNPACKED = 1024 * 1024;

/**
 * A source that unpacks another.
 *
 * @param source what is packed
 * @param format that of zip files (RFC 1951), or of gzip files (RFC 1952)
 * @param effort counts what is packed, and what is unpacked in vain, since unpacking begins at the beginning
 */
export function unpacked(source: Source, format: "deflate" | "gzip", effort: Effort): Source {
  return {
    async *open(from = 0) {
      const packed = Readable.from(counted(source, effort), { objectMode: true });
      const unpack = format === "gzip" ? createGunzip() : createInflateRaw();
      // What reading throws has to get to the reader of what is unpacked; `pipe` passes on data only.
      packed.on("error", (error) => unpack.destroy(error));
      packed.pipe(unpack);
      try {
        let before = from;
        for await (const bytes of unpack as AsyncIterable<Uint8Array>) {
          const passed = Math.min(before, bytes.length);
          effort.spend(passed);
          before -= passed;
          if (passed < bytes.length) yield bytes.subarray(passed);
        }
      } finally {
        packed.destroy();
        unpack.destroy();
      }
    },
  };
}

async function* counted(source: Source, effort: Effort): AsyncGenerator<Uint8Array, void> {
  for await (const bytes of source.open()) {
    effort.spend(bytes.length);
    yield bytes;
  }
}

/** Whether an error says that packed bytes are damaged, or end early. */
export function isDamage(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "Z_DATA_ERROR" || code === "Z_BUF_ERROR" || code === "Z_NEED_DICT";
}

/**
 * The beginning of what is packed.
 *
 * @param packed the first packed bytes, at most {@linkcode PACKED_HEAD}
 * @returns no bytes if they are damaged
 */
export function unpackedHead(packed: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(packed.subarray(0, PACKED_HEAD), {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: MOST_UNPACKED,
    });
  } catch {
    return new Uint8Array(0);
  }
}

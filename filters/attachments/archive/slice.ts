/**
 * A stretch of a source as a source of its own.
 *
 * @module
 */

import { Cursor } from "./cursor.ts";
import type { Effort } from "./effort.ts";
import type { Source } from "./source.ts";

/**
 * A stretch of another source; shorter if that ends before.
 *
 * @param source the other source
 * @param at the position of the first byte
 * @param length how many bytes
 * @param effort counts what is skipped
 */
export function slice(source: Source, at: number, length: number, effort: Effort): Source {
  return {
    async *open() {
      const cursor = new Cursor(source, effort);
      try {
        await cursor.skip(at);
        for (let left = length; left > 0;) {
          const bytes = await cursor.some(left);
          if (bytes.length === 0) return;
          left -= bytes.length;
          yield bytes;
        }
      } finally {
        await cursor.close();
      }
    },
  };
}

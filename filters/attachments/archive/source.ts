/**
 * Bytes that can be read as often as needed: the content of a part, or of a file in an archive.
 *
 * @module
 */

/** Bytes that can be read again. */
export interface Source {
  /**
   * Reads them.
   *
   * @param from the position of the first byte that is wanted; at the end or behind it there are none
   */
  open(from?: number): AsyncIterable<Uint8Array>;
}

/** The bytes of an array. */
export function sourceOf(bytes: Uint8Array): Source {
  return {
    async *open(from = 0) {
      if (from < bytes.length) yield bytes.subarray(from);
    },
  };
}

/**
 * A stretch of another source; shorter if that ends before.
 *
 * @param source the other source
 * @param at the position of the first byte
 * @param length how many bytes
 */
export function slice(source: Source, at: number, length: number): Source {
  return {
    async *open(from = 0) {
      let left = length - from;
      if (left <= 0) return;
      for await (const bytes of source.open(at + from)) {
        yield bytes.subarray(0, left);
        left -= bytes.length;
        if (left <= 0) return;
      }
    },
  };
}

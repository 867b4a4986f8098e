/**
 * Bytes that can be read from their beginning as often as needed: the content of a part, or of a file in an archive.
 *
 * @module
 */

/** Bytes that can be read again. */
export interface Source {
  /** Reads them from the beginning. */
  open(): AsyncIterable<Uint8Array>;
}

/** The bytes of an array. */
export function sourceOf(bytes: Uint8Array): Source {
  return {
    async *open() {
      if (bytes.length > 0) yield bytes;
    },
  };
}

/**
 * Reads bytes and numbers at given positions, and joins bytes.
 *
 * @module
 */

/**
 * The byte at a position that the caller has checked.
 *
 * @throws {RangeError} if there is none, which is a bug in the caller
 */
export function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new RangeError(`There is no byte ${at} among ${bytes.length}`);
  return byte;
}

/**
 * The 32-bit number, big endian, at a position that the caller has checked. Each packet has one: with a check for each
 * byte, Deno would take half as long again.
 */
export function uint32At(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16);
  return (high | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}

/** Joins pieces of bytes. If only one of them is not empty, that is returned, not a copy of it. */
export function concatenated(pieces: readonly Uint8Array[]): Uint8Array {
  const filled = pieces.filter(({ length }) => length > 0);
  const [only] = filled;
  if (only !== undefined && filled.length === 1) return only;
  const all = new Uint8Array(filled.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const piece of filled) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/**
 * Joins bytes.
 *
 * @module
 */

/** Pieces as one; a single piece that is not empty is not copied. */
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

/**
 * Numbers in bytes.
 *
 * @module
 */

/**
 * The byte at a place whose bounds the caller has checked.
 *
 * @throws {RangeError} where there is none, which is the caller's mistake
 */
export function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new RangeError(`There is no byte ${at} among ${bytes.length}`);
  return byte;
}

/**
 * The number of 32 bits, big endian, that begins at a place.
 *
 * @throws {RangeError} where it does not lie within the bytes
 */
export function uint32At(bytes: Uint8Array, at: number): number {
  const high = (byteAt(bytes, at) << 24) | (byteAt(bytes, at + 1) << 16);
  return (high | (byteAt(bytes, at + 2) << 8) | byteAt(bytes, at + 3)) >>> 0;
}

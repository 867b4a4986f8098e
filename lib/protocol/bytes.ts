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
 * The number of 32 bits, big endian, that begins at a place whose bounds the caller has checked. Each packet has one:
 * asking for every byte whether it is there would cost Deno half as much again.
 */
export function uint32At(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16);
  return (high | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}

/**
 * Numbers and texts in the headers of archives.
 *
 * @module
 */

/**
 * A view for reading numbers of an array.
 *
 * @param bytes the array, which may be part of a larger one
 */
export function byteView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * A 64-bit position or size. A number larger than any file becomes Infinity, which is beyond every end.
 *
 * @param view where it is
 * @param at its position
 */
export function uint64(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Infinity : Number(value);
}

/** Whether an array contains the given bytes at a position. */
export function beginsWith(bytes: Uint8Array, start: readonly number[], at = 0): boolean {
  return bytes.length >= at + start.length && start.every((byte, index) => bytes[at + index] === byte);
}

/**
 * The text of a file's name: UTF-8, otherwise one character per byte. Old archives use code pages; non-ASCII letters
 * are then wrong, but extensions such as `.exe` are right.
 *
 * @param bytes the name
 */
export function nameText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("latin1").decode(bytes);
  }
}

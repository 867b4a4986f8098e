/**
 * Cuts text between characters.
 *
 * @module
 */

/** Bytes without an incomplete UTF-8 character at their end. */
export function untilWholeCharacter(bytes: Uint8Array): Uint8Array {
  let start = bytes.length - 1;
  while (start >= 0 && start > bytes.length - 4 && (bytes[start]! & 0xc0) === 0x80) start--;
  const first = bytes[start];
  if (first === undefined || first < 0xc2) return bytes;
  const size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;
  return start + size > bytes.length ? bytes.subarray(0, start) : bytes;
}

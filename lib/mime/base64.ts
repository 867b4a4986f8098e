/**
 * Decodes the base64 of a field, which may be damaged.
 *
 * @module
 */

/** By character code, its six bits; 64 for a character outside the alphabet. */
const SIX_BITS = new Uint8Array(256).fill(64);
for (
  const [bits, char] of [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"].entries()
) {
  SIX_BITS[char.charCodeAt(0)] = bits;
}

const EQUALS = 0x3d;

/**
 * Decodes base64. Characters outside its alphabet are skipped. An `=` ends a group, and a new group follows, so texts
 * that were encoded separately and then joined are read whole. Six leftover bits are dropped.
 *
 * @param text one character per byte
 */
export function base64Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(text.length * 3 / 4));
  let length = 0;
  let bits = 0;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === EQUALS) {
      bits = count = 0;
      continue;
    }
    const six = SIX_BITS[code] ?? 64;
    if (six === 64) continue;
    bits = (bits << 6) | six;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes[length++] = bits >> count;
      bits &= (1 << count) - 1;
    }
  }
  return bytes.subarray(0, length);
}

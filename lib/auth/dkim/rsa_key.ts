/**
 * Parses the RSA public keys in key records.
 *
 * @module
 */

/** Modulus and exponent, big-endian, without leading zeros. */
export interface RsaPublicKey {
  readonly modulus: Uint8Array;
  readonly exponent: Uint8Array;
  /** The size of the modulus in bits. */
  readonly bits: number;
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OBJECT_IDENTIFIER = 0x06;
/** rsaEncryption, 1.2.840.113549.1.1.1. */
const RSA_ENCRYPTION = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/**
 * Parses a DER key, SubjectPublicKeyInfo (RFC 5280) or RSAPublicKey (PKCS#1): both occur.
 *
 * @returns undefined if the bytes are neither, or the numbers are not valid for an RSA key
 */
export function parseRsaPublicKey(der: Uint8Array): RsaPublicKey | undefined {
  const outer = readElement(der, 0, SEQUENCE);
  if (outer === undefined) return undefined;
  if (outer.content[0] === INTEGER) return parseNumbers(outer.content);
  const algorithm = readElement(outer.content, 0, SEQUENCE);
  if (algorithm === undefined) return undefined;
  const oid = readElement(algorithm.content, 0, OBJECT_IDENTIFIER)?.content;
  if (oid?.length !== RSA_ENCRYPTION.length || !RSA_ENCRYPTION.every((byte, i) => oid[i] === byte)) {
    return undefined;
  }
  const bits = readElement(outer.content, algorithm.next, BIT_STRING)?.content;
  if (bits === undefined || bits[0] !== 0) return undefined;
  const inner = readElement(bits, 1, SEQUENCE);
  return inner === undefined ? undefined : parseNumbers(inner.content);
}

function parseNumbers(content: Uint8Array): RsaPublicKey | undefined {
  const first = readElement(content, 0, INTEGER);
  const second = first === undefined ? undefined : readElement(content, first.next, INTEGER);
  if (first === undefined || second === undefined) return undefined;
  const modulus = withoutLeadingZeros(first.content);
  const exponent = withoutLeadingZeros(second.content);
  // The runtimes accept different exponents; all accept odd ones up to 32 bits.
  if (!isOdd(modulus) || !isOdd(exponent) || exponent.length > 4) return undefined;
  if (exponent.length === 1 && exponent[0] === 1) return undefined;
  const [highest = 0] = modulus;
  return { modulus, exponent, bits: modulus.length * 8 - (Math.clz32(highest) - 24) };
}

/** Whether a number is odd; one without bytes is 0. */
function isOdd(number: Uint8Array): boolean {
  return (number.at(-1) ?? 0) % 2 === 1;
}

function withoutLeadingZeros(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length && bytes[start] === 0) start++;
  return bytes.subarray(start);
}

/** The DER element at `offset`, if it has this tag and is within the bytes. */
function readElement(
  bytes: Uint8Array,
  offset: number,
  tag: number,
): { content: Uint8Array; next: number } | undefined {
  if (offset + 2 > bytes.length || bytes[offset] !== tag) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let length = view.getUint8(offset + 1);
  let start = offset + 2;
  if (length >= 0x80) {
    const size = length & 0x7f;
    if (size < 1 || size > 3 || start + size > bytes.length) return undefined;
    length = 0;
    for (let i = 0; i < size; i++) length = length * 256 + view.getUint8(start + i);
    start += size;
  }
  const next = start + length;
  return next > bytes.length ? undefined : { content: bytes.subarray(start, next), next };
}

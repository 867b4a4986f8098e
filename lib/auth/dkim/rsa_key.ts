/**
 * Parses RSA keys as far as their public numbers.
 *
 * @module
 */
import { BIT_STRING, INTEGER, readAlgorithm, readElement, RSA_ENCRYPTION, SEQUENCE } from "./der.ts";

/** Modulus and exponent, big-endian, without leading zeros. */
export interface RsaPublicKey {
  readonly modulus: Uint8Array;
  readonly exponent: Uint8Array;
  /** The size of the modulus in bits. */
  readonly bits: number;
}

/**
 * Parses a DER key, SubjectPublicKeyInfo (RFC 5280) or RSAPublicKey (PKCS#1): both occur.
 *
 * @returns undefined if the bytes are neither, or the numbers are not valid for an RSA key
 */
export function parseRsaPublicKey(der: Uint8Array): RsaPublicKey | undefined {
  const outer = readElement(der, 0, SEQUENCE);
  if (outer === undefined) return undefined;
  if (outer.content[0] === INTEGER) return parseNumbers(outer.content);
  const algorithm = readAlgorithm(outer.content, 0);
  if (algorithm?.oid !== RSA_ENCRYPTION) return undefined;
  const bits = readElement(outer.content, algorithm.next, BIT_STRING)?.content;
  if (bits === undefined || bits[0] !== 0) return undefined;
  const inner = readElement(bits, 1, SEQUENCE);
  return inner === undefined ? undefined : parseNumbers(inner.content);
}

/**
 * Parses the public numbers of a private key, DER of RSAPrivateKey (PKCS#1).
 *
 * @returns undefined if the bytes are not such a key, or the numbers are not valid for an RSA key
 */
export function parseRsaPrivateKey(der: Uint8Array): RsaPublicKey | undefined {
  const outer = readElement(der, 0, SEQUENCE);
  const version = outer && readElement(outer.content, 0, INTEGER);
  return outer && version && parseNumbers(outer.content.subarray(version.next));
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

/**
 * Reads DER, the encoding of keys (ITU-T X.690).
 *
 * @module
 */

/** The tag of a whole number. */
export const INTEGER = 0x02;
/** The tag of a bit string. */
export const BIT_STRING = 0x03;
/** The tag of an octet string. */
export const OCTET_STRING = 0x04;
/** The tag of an object identifier. */
export const OBJECT_IDENTIFIER = 0x06;
/** The tag of a sequence. */
export const SEQUENCE = 0x30;

/** rsaEncryption, 1.2.840.113549.1.1.1, in hexadecimal. */
export const RSA_ENCRYPTION = "2a864886f70d010101";

/** An element of DER. */
export interface DerElement {
  readonly content: Uint8Array;
  /** The offset of what follows the element. */
  readonly next: number;
}

/** The element at `offset`, if it has this tag and is within the bytes. */
export function readElement(bytes: Uint8Array, offset: number, tag: number): DerElement | undefined {
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

/** The object identifier that an AlgorithmIdentifier at `offset` begins with, in hexadecimal. */
export function readAlgorithm(bytes: Uint8Array, offset: number): { oid: string; next: number } | undefined {
  const algorithm = readElement(bytes, offset, SEQUENCE);
  const oid = algorithm && readElement(algorithm.content, 0, OBJECT_IDENTIFIER)?.content;
  if (algorithm === undefined || oid === undefined) return undefined;
  return {
    oid: Array.from(oid, (byte) => byte.toString(16).padStart(2, "0")).join(""),
    next: algorithm.next,
  };
}

/**
 * What the encoders of transfer encodings have in common (RFC 2045, 6).
 *
 * @module
 */

/** Encodes content piece by piece. */
export interface TransferEncoder {
  /** Encodes the next bytes. The result may be empty. */
  push(bytes: Uint8Array): Uint8Array;
  /** Encodes what is left. Call it once, after the last piece. */
  end(): Uint8Array;
}

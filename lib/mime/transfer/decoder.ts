/**
 * What all decoders of transfer encodings have in common (RFC 2045, 6).
 *
 * @module
 */

/**
 * Decodes content piece by piece. Never throws: what cannot be decoded is skipped or kept unchanged, as each decoder
 * documents.
 */
export interface TransferDecoder {
  /** Decodes the next bytes. The result may be empty, and share memory with the input. */
  push(bytes: Uint8Array): Uint8Array;
  /** Decodes what is left. Call it once, after the last piece. */
  end(): Uint8Array;
  /** A decoder in the same state, independent of this one. */
  clone(): TransferDecoder;
}

/** No bytes. */
export const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Leaves content unchanged: for `7bit`, `8bit`, `binary`, and unknown encodings. */
export class IdentityDecoder implements TransferDecoder {
  push(bytes: Uint8Array): Uint8Array {
    return bytes;
  }

  end(): Uint8Array {
    return NO_BYTES;
  }

  clone(): IdentityDecoder {
    return this;
  }
}

/**
 * The errors of a signer.
 *
 * @module
 */

/**
 * Why a signer cannot sign; each value is the `code` of a {@link DkimSigningError}.
 *
 * Of the settings: `no-keys`, `invalid-domain`, `invalid-selector`, `invalid-identity`, `duplicate-key` (two keys with one
 * domain and selector), `invalid-canonicalization`, `unsignable-header` and `from-unsigned`.
 *
 * Of the message: `no-from` (it has no From), `header-too-large` and `signature-too-large` (it has so many fields to sign
 * that no MTA would deliver the signature whole).
 */
export type DkimSigningErrorCode =
  | "no-keys"
  | "invalid-domain"
  | "invalid-selector"
  | "invalid-identity"
  | "duplicate-key"
  | "invalid-canonicalization"
  | "unsignable-header"
  | "from-unsigned"
  | "no-from"
  | "header-too-large"
  | "signature-too-large";

/** A signer's settings are wrong, or the message cannot be signed; the message says which, and what to do. */
export class DkimSigningError extends Error {
  /** Always `DkimSigningError`. */
  override readonly name = "DkimSigningError";
  /** The kind of error. */
  readonly code: DkimSigningErrorCode;
  /** What is wrong: the setting's value, or a size in bytes. */
  readonly value: unknown;

  /**
   * Makes an error of a signer.
   *
   * @param code the kind of error
   * @param message one line
   * @param value what is wrong
   */
  constructor(code: DkimSigningErrorCode, message: string, value: unknown) {
    super(message);
    this.code = code;
    this.value = value;
  }
}

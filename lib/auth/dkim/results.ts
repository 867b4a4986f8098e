/**
 * The results that a verifier returns for signatures.
 *
 * @module
 */

/**
 * RFC 8601 section 2.7.1, without `none`, which is the absence of results.
 *
 * - `pass`: the signature is valid
 * - `fail`: it is not valid: the header or the body differs from what was signed, or it has expired or is not valid yet
 * - `policy`: it is not acceptable: because of SHA-1, the size of the key or of the header, or what it leaves unsigned
 * - `neutral`: it uses something that this verifier does not know, so it is ignored, as RFC 6376 requires
 * - `temperror`: the key could not be looked up; a later attempt may succeed
 * - `permerror`: the signature or its key is malformed or unsuitable, or there is no key
 */
export type DkimStatus = "pass" | "fail" | "neutral" | "policy" | "temperror" | "permerror";

/** The result for one signature. Values that the signature does not have are undefined. */
export interface DkimResult {
  /** The status. */
  readonly status: DkimStatus;
  /** Why it is not `pass`, in a short clause of the verifier's own words. */
  readonly reason?: string | undefined;
  /** d=, in lower case ASCII. */
  readonly domain?: string | undefined;
  /** i=, or `@` and the domain if there is none; the domain part in lower case ASCII. The rest may have any byte. */
  readonly identity?: string | undefined;
  /** s=, in lower case ASCII. */
  readonly selector?: string | undefined;
  /** a=, in lower case; one of a few known names. */
  readonly algorithm?: string | undefined;
  /**
   * The first 8 characters of b=, more if other signatures begin the same (RFC 6008), at most 64. Only letters, digits,
   * `+`, `/` and `=`.
   */
  readonly signaturePrefix?: string | undefined;
  /** Whether the key says that the domain is only testing DKIM (t=y). */
  readonly testing: boolean;
  /** Size of the key, if one was found. */
  readonly keyBits?: number | undefined;
  /** Whether the key does not exist or was revoked. */
  readonly keyAbsent: boolean;
  /** The bytes of the canonicalized body beyond l=, if there are any: anyone may have added them. */
  readonly unsignedBodyBytes?: number | undefined;
}

/**
 * What a verifier says of each signature.
 *
 * @module
 */

/**
 * RFC 8601 section 2.7.1, without `none`, which is the absence of results.
 *
 * - `pass`: the signature is good
 * - `fail`: it is not: the headers or the body differ from what was signed, or it is not valid at this time
 * - `policy`: it is not acceptable: for SHA-1, the size of the key or of the header, or what it leaves unsigned
 * - `neutral`: it uses what this verifier does not know, so that RFC 6376 wants it ignored
 * - `temperror`: the key could not be looked up; a later attempt may succeed
 * - `permerror`: the signature or its key is malformed or unfit, or there is no key
 */
export type DkimStatus = "pass" | "fail" | "neutral" | "policy" | "temperror" | "permerror";

/** The result for one signature. What the signature itself does not give is undefined. */
export interface DkimResult {
  /** The result itself. */
  readonly status: DkimStatus;
  /** Why it is not `pass`, in a short clause of the verifier's own words. */
  readonly reason?: string | undefined;
  /** d=, in lower case ASCII. */
  readonly domain?: string | undefined;
  /** i=, or `@` and the domain if it has none; the domain part in lower case ASCII. May hold any other byte. */
  readonly identity?: string | undefined;
  /** s=, in lower case ASCII. */
  readonly selector?: string | undefined;
  /** a=, in lower case; one of a few known names. */
  readonly algorithm?: string | undefined;
  /**
   * The first 8 characters of b=, more where other signatures begin with the same (RFC 6008), 64 at most.
   * Letters, digits, `+`, `/` and `=` only.
   */
  readonly signaturePrefix?: string | undefined;
  /** The key says that the domain is only testing DKIM (t=y). */
  readonly testing: boolean;
  /** Size of the key, if one was found. */
  readonly keyBits?: number | undefined;
  /** There is no key under its name, or it was revoked. */
  readonly keyAbsent: boolean;
  /** Bytes of the canonicalized body beyond l=, if that is above 0: anyone may have added them. */
  readonly unsignedBodyBytes?: number | undefined;
}

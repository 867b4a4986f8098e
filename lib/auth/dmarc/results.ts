/**
 * What an evaluation of DMARC takes and returns.
 *
 * @module
 */
import type { DmarcPolicy, DmarcRecord } from "./record.ts";

/**
 * RFC 9989 section 9.2.
 *
 * - `pass`: the domain publishes a record, and SPF or DKIM passed for an aligned domain
 * - `fail`: it publishes a record, and nothing that passed is aligned
 * - `none`: there is no record that applies
 * - `temperror`: a failed lookup leaves it open; a later attempt may succeed. No policy applies
 * - `permerror`: From does not name the authors with certainty. No policy applies
 */
export type DmarcStatus = "pass" | "fail" | "none" | "temperror" | "permerror";

/** The result of SPF for MAIL FROM. That of HELO must not be used, except that of `postmaster@HELO` for `MAIL FROM:<>`. */
export interface DmarcSpfInput {
  /** A result of RFC 7208 section 2.6; `pass` and `temperror` matter here. */
  readonly result: string;
  /** The domain that was checked. */
  readonly domain?: string | undefined;
}

/** The result of one DKIM signature, as `verifyDkim` returns it. */
export interface DmarcDkimInput {
  /** A result of RFC 8601 section 2.7.1; `pass` and `temperror` matter here. */
  readonly status: string;
  /** d= of the signature. */
  readonly domain?: string | undefined;
}

/** What was authenticated of a message. */
export interface DmarcIdentifiers {
  /** SPF's result for MAIL FROM, if it was checked. */
  readonly spf?: DmarcSpfInput | undefined;
  /** The results of all signatures, if they were checked. */
  readonly dkim?: readonly DmarcDkimInput[] | undefined;
}

/** What an identifier contributed. */
export interface DmarcIdentifierCheck {
  /** How it was checked. */
  readonly method: "spf" | "dkim";
  /** The result of that check. */
  readonly result: string;
  /** Its domain in lower case ASCII; undefined if it has none. */
  readonly domain: string | undefined;
  /**
   * - `aligned`: it passed and is aligned
   * - `not-aligned`: whether it passed or not, it is not aligned
   * - `not-passed`: its check did not pass, so alignment does not matter
   * - `unknown`: a temporary error leaves open whether it passed, or whether it is aligned
   */
  readonly state: "aligned" | "not-aligned" | "not-passed" | "unknown";
  /** Why, in a short clause. */
  readonly reason: string;
}

/** The result for one domain of an author. */
export interface DmarcAuthorResult {
  /** The result. */
  readonly result: DmarcStatus;
  /** Why, in one plain line without line ends. */
  readonly reason: string;
  /** The domain of the author, in lower case ASCII; undefined if From does not name one with certainty. */
  readonly authorDomain: string | undefined;
  /** Its organizational domain, if it is known. */
  readonly organizationalDomain: string | undefined;
  /** The domain whose record applies; undefined if there is none, or if it is not known. */
  readonly recordDomain: string | undefined;
  /** That record, with the policies as published. */
  readonly record: DmarcRecord | undefined;
  /**
   * The policy for mail of this author that fails, after `sp`, `np` and `t`. Only a `fail` gives reason to apply it: for a
   * `pass` it is what would have applied. Undefined for other results, and if a failed lookup leaves it open.
   */
  readonly policy: DmarcPolicy | undefined;
  /** The tag that the policy is from. */
  readonly policyTag: "p" | "sp" | "np" | undefined;
  /** Whether the record says that its policy is only tested (t=y), so that `policy` is a step milder. */
  readonly testing: boolean;
  /** Whether an aligned identifier passed, by method. */
  readonly aligned: { readonly spf: boolean; readonly dkim: boolean };
  /** Each identifier that was given: SPF, then the signatures in their order. Empty if no record applies. */
  readonly identifiers: readonly DmarcIdentifierCheck[];
  /** The names that the walk from the author's domain needs, in its order, at most 8. */
  readonly queries: readonly string[];
  /** How the result came about, a line each, for people. */
  readonly trace: readonly string[];
}

/** The result for a message. */
export interface DmarcResult extends DmarcAuthorResult {
  /**
   * The results of all domains of authors, in the order of From. If there are several, the first values of this object are
   * those of the one that decides.
   */
  readonly authors: readonly DmarcAuthorResult[];
}

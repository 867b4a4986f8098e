/**
 * What a check of SPF returns, and the steps that it can report.
 *
 * @module
 */

/**
 * RFC 7208 section 2.6:
 *
 * - `pass`: the domain permits the client
 * - `fail`: the domain says that the client may not use its name
 * - `softfail`: the domain says that the client is probably not permitted
 * - `neutral`: the domain says neither
 * - `none`: there is no name that can be checked, or no record
 * - `temperror`: a lookup failed, or time was up; a later attempt may succeed
 * - `permerror`: the domain's records cannot be understood, or need more lookups than are allowed
 */
export type SpfStatus = "pass" | "fail" | "softfail" | "neutral" | "none" | "temperror" | "permerror";

/** The name that was checked: that of MAIL FROM, or that of HELO. */
export type SpfIdentity = "mailfrom" | "helo";

/** The result of a check. Values that there are not are undefined. */
export interface SpfResult {
  /** The result. */
  readonly result: SpfStatus;
  /**
   * Which name was checked. A pass of HELO says nothing about MAIL FROM: unless the sender is null, do not use it in
   * place of MAIL FROM's result, for example for DMARC (RFC 9989 section 4.4.2).
   */
  readonly identity: SpfIdentity;
  /** The domain that was checked, in lower case ASCII; undefined if the name is not a domain with a dot. */
  readonly domain?: string | undefined;
  /** Why, in a short clause of the checker's own words. */
  readonly reason: string;
  /**
   * The mechanism that matched, or the term that is wrong, as in the record: printable ASCII, at most 200 characters.
   * Undefined if no mechanism matched.
   */
  readonly mechanism?: string | undefined;
  /** The domain whose record has that term: not the checked one after `redirect=`, or for an error in an included record. */
  readonly recordDomain?: string | undefined;
  /**
   * With `fail`, the domain's own explanation (`exp=`), if it has one: untrusted printable ASCII, at most 1000
   * characters.
   */
  readonly explanation?: string | undefined;
  /** What the check cost. */
  readonly lookups: SpfLookupCounts;
}

/** How many lookups a check took, by the names of RFC 7208 section 4.6.4. */
export interface SpfLookupCounts {
  /** Terms that need DNS: include, a, mx, ptr, exists and redirect. Ten are allowed. */
  readonly terms: number;
  /** Terms whose query had no answer (void lookups). */
  readonly void: number;
  /** All queries to the resolver. */
  readonly questions: number;
}

/** A step of a check, in the order in which they end. `depth` is 0 for the first record, 1 for one that it includes. */
export type SpfStep =
  /** A record was found. */
  | {
    readonly type: "record";
    readonly depth: number;
    readonly domain: string;
    /** The record, one character per byte, as it came from DNS. */
    readonly text: string;
  }
  /** A term was evaluated. */
  | {
    readonly type: "term";
    readonly depth: number;
    readonly domain: string;
    /** The term, as {@link SpfResult.mechanism} has it. */
    readonly term: string;
    readonly matched: boolean;
  }
  /** A query was answered. */
  | {
    readonly type: "lookup";
    readonly recordType: "TXT" | "A" | "AAAA" | "MX" | "PTR";
    readonly name: string;
    /** The status of the answer, such as `found`, `nxdomain` or `timeout`. */
    readonly status: string;
  };

/** Ends a check with an error as its result. */
export class SpfProblem extends Error {
  override readonly name = "SpfProblem";
  /** The result. */
  readonly code: "temperror" | "permerror";
  /** The term that is wrong, if it is known. */
  value: string | undefined;
  /** The domain whose record is wrong, if it is known. */
  domain: string | undefined;

  /**
   * @param code the result
   * @param reason why, in a short clause
   * @param value the term that is wrong
   */
  constructor(code: SpfProblem["code"], reason: string, value?: string) {
    super(reason);
    this.code = code;
    this.value = value;
  }
}

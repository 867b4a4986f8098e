/**
 * What can be found out about a key record in the DNS.
 *
 * @module
 */

/**
 * What is wrong with a record. `lookup-failed` says nothing about the record: a later attempt may succeed.
 */
export type KeyRecordProblemCode =
  | "no-name"
  | "no-record"
  | "not-a-key-record"
  | "several-records"
  | "split-into-records"
  | "quotes"
  | "malformed"
  | "unknown-version"
  | "no-key"
  | "revoked"
  | "wrong-type"
  | "malformed-key"
  | "truncated"
  | "piece-missing"
  | "der-key"
  | "other-key"
  | "wrong-hash"
  | "wrong-service"
  | "lookup-failed";

/** What is wrong, and what to do. */
export interface KeyRecordProblem {
  readonly code: KeyRecordProblemCode;
  /** A sentence without its full stop. */
  readonly explanation: string;
  /** A sentence without its full stop, in the imperative. */
  readonly advice: string;
}

/** How a record compares with a private key. */
export interface RecordFinding {
  /** `right`: verifiers accept its signatures. `wrong`: they do not, or not all do. `unknown`: the DNS gave no answer. */
  readonly result: "right" | "wrong" | "unknown";
  /** Undefined if the result is `right`. */
  readonly problem?: KeyRecordProblem | undefined;
  /** What works but should be looked at; sentences without full stops. */
  readonly warnings: readonly string[];
}

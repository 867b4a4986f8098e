/**
 * Why a message is not signed: every reason there is, as a word for the metrics and a clause for the log.
 *
 * @module
 */

/** The reasons, each with what it means; the words are values of a label in the metrics. */
export const REASONS = {
  sender: "the client neither logged in nor is it named by --sign-client or --sign-macro",
  recipients: "all recipients match --not-to",
  "no-from": "there is no From",
  "several-from": "there are several From fields, or they name several domains",
  "unreadable-from": "the author's domain cannot be determined with certainty",
  mismatch: "neither the login nor the envelope sender fits From, as --match-sender wants",
  excluded: "a --sign rule says none",
  "no-key": "there is no key for the author's domain",
  signed: "the message has a signature of that domain and selector already",
  changed: "the MTA would change what is signed after the filter",
  "too-large": "the header is too large to sign",
} as const;

/** One of the reasons. */
export type Reason = keyof typeof REASONS;

/** A message that is not signed, and why. */
export interface Unsigned {
  readonly reason: Reason;
  /** A clause with what is special about the message, without control characters. */
  readonly text: string;
}

/**
 * Says why a message is not signed.
 *
 * @param reason the reason
 * @param text a clause; the general one of the reason if left out
 */
export function unsigned(reason: Reason, text: string = REASONS[reason]): Unsigned {
  // deno-lint-ignore no-control-regex -- what a message must not bring into the log
  return { reason, text: text.replace(/[\x00-\x1f\x7f-\x9f]+/g, " ") };
}

/** Whether the outcome of a step is a reason not to sign. */
export function isUnsigned(outcome: object): outcome is Unsigned {
  return "reason" in outcome && "text" in outcome;
}

/**
 * The verdicts that a filter can return for an event.
 *
 * @module
 */

import { checkReply, encodeReply, type SmtpReply } from "../protocol/reply.ts";
import type { VerdictKind } from "../protocol/verdict_scope.ts";

/** A verdict on an event. Made by the functions of this module; returning nothing means to go on. */
export interface Verdict {
  /** What should happen. */
  readonly kind: VerdictKind;
  /** The filter's own SMTP reply, if it gives one. */
  readonly reply?: SmtpReply;
  /** That reply as it is sent to the MTA. */
  readonly encodedReply?: Uint8Array;
}

const CONTINUE: Verdict = { kind: "continue" };
const ACCEPT: Verdict = { kind: "accept" };
const REJECT: Verdict = { kind: "reject" };
const TEMPFAIL: Verdict = { kind: "tempfail" };
const DISCARD: Verdict = { kind: "discard" };
const SKIP: Verdict = { kind: "skip" };

/** Goes on; the same as returning nothing (`SMFIS_CONTINUE`). */
export function proceed(): Verdict {
  return CONTINUE;
}

/**
 * Lets the message pass, or at connect and helo the connection, without asking this filter again (`SMFIS_ACCEPT`). The
 * other filters are still asked.
 */
export function accept(): Verdict {
  return ACCEPT;
}

/** Accepts the message and silently drops it (`SMFIS_DISCARD`). From `mail` to `eom`. */
export function discard(): Verdict {
  return DISCARD;
}

/** Skips the rest of the body for this filter, which still gets `eom` (`SMFIS_SKIP`). Only at `body`. */
export function skip(): Verdict {
  return SKIP;
}

/**
 * Rejects permanently (`SMFIS_REJECT`): at `rcpt` the recipient, at `connect` the session, otherwise the message.
 *
 * @param code 500 to 599; without it the MTA gives its own reply
 * @param enhanced RFC 3463 code of class 5, such as `5.7.1`
 * @param lines the text, at most 32 lines of 980 bytes
 * @throws {InvalidReplyError} if an MTA would not accept the reply
 * @throws {InvalidVerdictError} for a code of another class
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { reject } from "./verdict.ts";
 *
 * assert.equal(reject().kind, "reject");
 * assert.deepEqual(reject(550, "5.7.1", "No lotteries here").reply?.lines, ["No lotteries here"]);
 * assert.throws(() => reject(450, "4.7.1", "later"), /500 to 599/);
 * ```
 */
export function reject(code?: number, enhanced?: string, ...lines: string[]): Verdict {
  return code === undefined ? REJECT : withReply("reject", { code, enhanced, lines });
}

/**
 * Rejects temporarily (`SMFIS_TEMPFAIL`), so that the client tries again later; otherwise as {@linkcode reject}.
 *
 * @param code 400 to 499; without it the MTA gives its own reply
 * @param enhanced RFC 3463 code of class 4, such as `4.7.1`
 * @param lines the text, at most 32 lines of 980 bytes
 * @throws {InvalidReplyError} if an MTA would not accept the reply
 * @throws {InvalidVerdictError} for a code of another class
 */
export function tempfail(code?: number, enhanced?: string, ...lines: string[]): Verdict {
  return code === undefined ? TEMPFAIL : withReply("tempfail", { code, enhanced, lines });
}

function withReply(
  kind: "reject" | "tempfail",
  { code, enhanced, lines }: { code: number; enhanced: string | undefined; lines: readonly string[] },
): Verdict {
  const reply: SmtpReply = { code, ...(enhanced ? { enhanced } : {}), lines };
  checkReply(reply);
  const first = kind === "reject" ? 5 : 4;
  if (Math.floor(code / 100) !== first) {
    throw new InvalidVerdictError(
      code,
      `Cannot ${kind} with code ${code}: it must be ${first}00 to ${first}99`,
    );
  }
  return { kind, reply, encodedReply: encodeReply(reply) };
}

/** A verdict that is not allowed. */
export class InvalidVerdictError extends Error {
  override readonly name = "InvalidVerdictError";
  /** Always `invalid-verdict`. */
  readonly code = "invalid-verdict";
  /** The offending value. */
  readonly value: unknown;

  /**
   * @param value the offending value
   * @param message one line that says what is wrong
   */
  constructor(value: unknown, message: string) {
    super(message);
    this.value = value;
  }
}

/** Whether a verdict ends the message for every filter. */
export function isFinal(
  verdict: Verdict,
): verdict is Verdict & { readonly kind: "reject" | "tempfail" | "discard" } {
  return verdict.kind === "reject" || verdict.kind === "tempfail" || verdict.kind === "discard";
}

/**
 * What a filter can answer to an event.
 *
 * @module
 */

import { checkReply, encodeReply, type SmtpReply } from "../protocol/reply.ts";
import type { VerdictKind } from "../protocol/verdict_scope.ts";

/** An answer to an event. Made by the functions of this module; returning nothing means: go on. */
export interface Verdict {
  /** What is to happen. */
  readonly kind: VerdictKind;
  /** The SMTP reply to give, where the filter has one of its own. */
  readonly reply?: SmtpReply;
  /** That reply as it goes to the MTA. */
  readonly encodedReply?: Uint8Array;
}

const CONTINUE: Verdict = { kind: "continue" };
const ACCEPT: Verdict = { kind: "accept" };
const REJECT: Verdict = { kind: "reject" };
const TEMPFAIL: Verdict = { kind: "tempfail" };
const DISCARD: Verdict = { kind: "discard" };
const SKIP: Verdict = { kind: "skip" };

/** Go on; the same as returning nothing (`SMFIS_CONTINUE`). */
export function proceed(): Verdict {
  return CONTINUE;
}

/**
 * Let it pass: this filter is not asked again for this message, or at connect and helo for this connection
 * (`SMFIS_ACCEPT`). Filters after it are asked all the same.
 */
export function accept(): Verdict {
  return ACCEPT;
}

/** Say yes and throw the message away (`SMFIS_DISCARD`). From `mail` to `eom`. */
export function discard(): Verdict {
  return DISCARD;
}

/** No more of the body for this filter; it still gets end of message (`SMFIS_SKIP`). At `body` only. */
export function skip(): Verdict {
  return SKIP;
}

/**
 * Refuse for good (`SMFIS_REJECT`): at `rcpt` this recipient, at `connect` the session, else the message.
 *
 * @param code 500 to 599; without it the MTA's own reply is given
 * @param enhanced RFC 3463 code of class 5, such as `5.7.1`
 * @param lines the text, at most 32 lines of 980 bytes
 * @throws {InvalidReplyError} when an MTA would not take the reply
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
 * Refuse for now (`SMFIS_TEMPFAIL`); as {@linkcode reject} with codes of 4.
 *
 * @param code 400 to 499; without it the MTA's own reply is given
 * @param enhanced RFC 3463 code of class 4, such as `4.7.1`
 * @param lines the text, at most 32 lines of 980 bytes
 * @throws {InvalidReplyError} when an MTA would not take the reply
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

/** An answer that cannot be given. */
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

/** A verdict in one line: `reject (550 5.7.1 No lotteries here)`. */
export function describe(verdict: Verdict): string {
  const { kind, reply } = verdict;
  if (!reply) return kind;
  const enhanced = reply.enhanced ? ` ${reply.enhanced}` : "";
  return `${kind} (${reply.code}${enhanced} ${reply.lines.join(" / ")})`;
}

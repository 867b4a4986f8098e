/**
 * The verdicts that a filter can return for an event.
 *
 * @module
 */

import { checkReply, encodeReply, type SmtpReply } from "../protocol/reply.ts";
import type { VerdictKind } from "../protocol/verdict_scope.ts";

/**
 * A verdict on an event, made by the functions of this module. Returning nothing means to continue.
 *
 * `K` is what should happen, so that the compiler knows which verdicts an event allows.
 */
export interface Verdict<K extends VerdictKind = VerdictKind> {
  /** What should happen. */
  readonly kind: K;
  /** The filter's own SMTP reply, if it gives one. */
  readonly reply?: SmtpReply;
  /** That reply as it is sent to the MTA. */
  readonly encodedReply?: Uint8Array;
}

const CONTINUE: Verdict<"continue"> = { kind: "continue" };
const ACCEPT: Verdict<"accept"> = { kind: "accept" };
const REJECT: Verdict<"reject"> = { kind: "reject" };
const TEMPFAIL: Verdict<"tempfail"> = { kind: "tempfail" };
const DISCARD: Verdict<"discard"> = { kind: "discard" };
const SKIP: Verdict<"skip"> = { kind: "skip" };

/** Continues; the same as returning nothing (`SMFIS_CONTINUE`). */
export function proceed(): Verdict<"continue"> {
  return noted(CONTINUE);
}

/**
 * Lets the message or, at connect and helo, the connection pass without calling this filter again (`SMFIS_ACCEPT`). The
 * other filters are still called.
 */
export function accept(): Verdict<"accept"> {
  return noted(ACCEPT);
}

/** Accepts the message and silently drops it (`SMFIS_DISCARD`). Valid from `mail` to `eom`. */
export function discard(): Verdict<"discard"> {
  return noted(DISCARD);
}

/**
 * Skips the rest of the body for this filter, which still gets `eom` (`SMFIS_SKIP`). Valid only at `body`. The MTA
 * stops sending the body if no filter wants more of it and the filter lists `body` in its `verdicts` or has no such
 * list.
 */
export function skip(): Verdict<"skip"> {
  return noted(SKIP);
}

/**
 * A reply code whose first digit matches its class: `5` to reject, `4` to tempfail. A code that is known only at run
 * time is checked by the functions.
 */
export type ReplyCode<C extends number, Class extends 4 | 5> = number extends C ? C
  : `${C}` extends `${Class}${Digit}${Digit}` ? C
  : { readonly want: `${Class}00 to ${Class}99` };

type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** An enhanced status code (RFC 3463) of the same class as its reply code. */
export type EnhancedCode<E extends string, Class extends 4 | 5> = string extends E ? E
  : E extends `${Class}.${number}.${number}` ? E
  : `${Class}.${number}.${number}`;

/**
 * Rejects permanently (`SMFIS_REJECT`): at `rcpt` the recipient, at `connect` the session, otherwise the message.
 *
 * @param code 500 to 599; without it the MTA gives its own reply
 * @param enhanced RFC 3463 code of class 5, such as `5.7.1`
 * @param lines the text, at most 32 lines of 980 bytes
 * @throws {InvalidReplyError} if an MTA would not accept the reply
 * @throws {InvalidVerdictError} for a code of another class; the compiler already reports a literal one
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { reject } from "./verdict.ts";
 *
 * assert.equal(reject().kind, "reject");
 * assert.deepEqual(reject(550, "5.7.1", "No lotteries here").reply?.lines, ["No lotteries here"]);
 * const code: number = 450;
 * assert.throws(() => reject(code, undefined, "later"), /500 to 599/);
 * ```
 */
export function reject<C extends number, E extends string>(
  code?: ReplyCode<C, 5>,
  enhanced?: EnhancedCode<E, 5>,
  ...lines: string[]
): Verdict<"reject"> {
  return code === undefined ? noted(REJECT) : withReply("reject", code as number, enhanced, lines);
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
export function tempfail<C extends number, E extends string>(
  code?: ReplyCode<C, 4>,
  enhanced?: EnhancedCode<E, 4>,
  ...lines: string[]
): Verdict<"tempfail"> {
  return code === undefined ? noted(TEMPFAIL) : withReply("tempfail", code as number, enhanced, lines);
}

function withReply<K extends "reject" | "tempfail">(
  kind: K,
  code: number,
  enhanced: string | undefined,
  lines: readonly string[],
): Verdict<K> {
  const reply: SmtpReply = { code, ...(enhanced ? { enhanced } : {}), lines };
  checkReply(reply);
  const first = kind === "reject" ? 5 : 4;
  if (Math.floor(code / 100) !== first) {
    throw new InvalidVerdictError(
      code,
      `Cannot ${kind} with code ${code}: it must be ${first}00 to ${first}99`,
    );
  }
  return noted({ kind, reply, encodedReply: encodeReply(reply) });
}

/** The function that every verdict is passed through; undefined when filters serve mail. */
let observer: (<K extends VerdictKind>(verdict: Verdict<K>) => Verdict<K>) | undefined;

/**
 * Passes every verdict of this process through a function that returns it or a copy of it. For tests, which look for
 * verdicts that are made but not returned.
 */
export function observeVerdicts(observe: <K extends VerdictKind>(verdict: Verdict<K>) => Verdict<K>): void {
  observer = observe;
}

function noted<K extends VerdictKind>(verdict: Verdict<K>): Verdict<K> {
  return observer === undefined ? verdict : observer(verdict);
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
export function isFinal(verdict: Verdict): verdict is Verdict<"reject" | "tempfail" | "discard"> {
  return verdict.kind === "reject" || verdict.kind === "tempfail" || verdict.kind === "discard";
}

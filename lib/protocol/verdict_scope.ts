/**
 * The scope of each verdict at each event, in one table, which all code that gives, takes or relays verdicts uses.
 *
 * It does not say which filters a verdict concerns: accept and skip concern only the filter that gave them, refusals
 * concern all.
 *
 * @module
 */

import { Reply } from "./constants.ts";
import { ANSWERED_EVENTS, type AnsweredEvent } from "./events.ts";

/** The kinds of answer. */
export type VerdictKind = "continue" | "accept" | "reject" | "tempfail" | "discard" | "skip";

/**
 * What a verdict decides: nothing beyond its event, this recipient, this message, or this connection; or the filter may
 * not give it (`not allowed`).
 */
export type VerdictScope = "nothing" | "recipient" | "message" | "connection" | "not allowed";

/** What a filter can answer to end the SMTP connection: an MTA treats it as a tempfail with 421. */
export type HangUp = "connection-fail" | "shutdown";

/** An empty packet that is a verdict. */
export type VerdictLetter =
  | typeof Reply.CONTINUE
  | typeof Reply.ACCEPT
  | typeof Reply.REJECT
  | typeof Reply.TEMPFAIL
  | typeof Reply.DISCARD
  | typeof Reply.SKIP;

/** Each verdict's letter on the wire. */
export const VERDICT_LETTERS: Readonly<Record<VerdictKind, VerdictLetter>> = {
  continue: Reply.CONTINUE,
  accept: Reply.ACCEPT,
  reject: Reply.REJECT,
  tempfail: Reply.TEMPFAIL,
  discard: Reply.DISCARD,
  skip: Reply.SKIP,
};

const VERDICTS: ReadonlyMap<number, VerdictKind> = new Map<number, VerdictKind>(
  (Object.keys(VERDICT_LETTERS) as VerdictKind[]).map((kind) => [VERDICT_LETTERS[kind], kind] as const),
);

const HANG_UPS: ReadonlyMap<number, HangUp> = new Map<number, HangUp>([
  [Reply.CONNECTION_FAIL, "connection-fail"],
  [Reply.SHUTDOWN, "shutdown"],
]);

/** The hang-up that a packet's letter stands for; undefined for any other packet. */
export function hangUpOf(command: number): HangUp | undefined {
  return HANG_UPS.get(command);
}

/**
 * The verdict that a packet amounts to.
 *
 * @param command its letter
 * @param code the code of the SMTP reply, if it is one
 * @returns undefined for a packet that is not an answer, such as a change to the message
 */
export function verdictOf(command: number, code?: number): VerdictKind | undefined {
  if (command === Reply.REPLY_CODE) return code !== undefined && code >= 500 ? "reject" : "tempfail";
  return hangUpOf(command) === undefined ? VERDICTS.get(command) : "tempfail";
}

/** What a filter may answer, by event. The compiler checks the table against it. */
export interface AllowedVerdicts {
  /** libmilter, xxfi_negotiate: reject leaves the filter out of this connection. Terms are not a verdict. */
  readonly negotiate: "continue" | "reject";
  // libmilter, on a connection-oriented routine: discard "should not be returned". Postfix treats discard as continue,
  // Sendmail as accept.
  /** Anything but `discard`: there is no message yet. */
  readonly connect: Exclude<VerdictKind, "discard" | "skip">;
  /** Anything but `discard`: there is no message yet. */
  readonly helo: Exclude<VerdictKind, "discard" | "skip">;
  // libmilter: skip "is only allowed in xxfi_body". Elsewhere Postfix accepts it, and Sendmail considers the filter
  // broken.
  /** Anything but `skip`. */
  readonly mail: Exclude<VerdictKind, "skip">;
  /** Anything but `skip`. */
  readonly rcpt: Exclude<VerdictKind, "skip">;
  /** Anything but `skip`. */
  readonly data: Exclude<VerdictKind, "skip">;
  /** Anything but `skip`. */
  readonly header: Exclude<VerdictKind, "skip">;
  /** Anything but `skip`. */
  readonly eoh: Exclude<VerdictKind, "skip">;
  /** Anything. */
  readonly body: VerdictKind;
  /** Anything but `skip`. */
  readonly eom: Exclude<VerdictKind, "skip">;
  /** Postfix: a refusal is the reply to the command; accept and discard drop the SMTP connection. */
  readonly unknown: "continue" | "reject" | "tempfail";
}

type Row<Allowed extends VerdictKind> = {
  readonly [K in VerdictKind]: K extends Allowed ? Exclude<VerdictScope, "not allowed"> : "not allowed";
};

// libmilter, on a connection-oriented routine: reject, tempfail and accept are for the connection, whose close callback
// comes at once.
const CONNECTION: Row<AllowedVerdicts["connect"]> = {
  continue: "nothing",
  accept: "connection",
  reject: "connection",
  tempfail: "connection",
  discard: "not allowed",
  skip: "not allowed",
};

// libmilter, on a message-oriented routine: every verdict but continue is for the message.
const MESSAGE: Row<AllowedVerdicts["mail"]> = {
  continue: "nothing",
  accept: "message",
  reject: "message",
  tempfail: "message",
  discard: "message",
  skip: "not allowed",
};

const SCOPES: { readonly [E in keyof AllowedVerdicts]: Row<AllowedVerdicts[E]> } = {
  negotiate: {
    continue: "nothing",
    accept: "not allowed",
    reject: "connection",
    tempfail: "not allowed",
    discard: "not allowed",
    skip: "not allowed",
  },
  connect: CONNECTION,
  // Postfix and Sendmail: EHLO itself is answered 250; a refusal comes at MAIL, and another EHLO does not help.
  helo: CONNECTION,
  mail: MESSAGE,
  // libmilter, on a recipient-oriented routine: reject and tempfail are for "the current recipient (but continue
  // processing the current message)"; accept and discard are for the message.
  rcpt: { ...MESSAGE, reject: "recipient", tempfail: "recipient" },
  data: MESSAGE,
  header: MESSAGE,
  eoh: MESSAGE,
  // libmilter, xxfi_body: skip is for further pieces of the body alone.
  body: { ...MESSAGE, skip: "nothing" },
  // libmilter, xxfi_eom: whatever is answered, the message is over.
  eom: { ...MESSAGE, continue: "message" },
  unknown: {
    continue: "nothing",
    accept: "not allowed",
    reject: "nothing",
    tempfail: "nothing",
    discard: "not allowed",
    skip: "not allowed",
  },
};

/** The scope of a filter's verdict. */
export function verdictScope(event: AnsweredEvent | "negotiate", kind: VerdictKind): VerdictScope {
  return SCOPES[event][kind];
}

/** Whether a filter may give a verdict at an event. */
export function isAllowed(event: AnsweredEvent | "negotiate", kind: VerdictKind): boolean {
  return verdictScope(event, kind) !== "not allowed";
}

/** The events at which a verdict has this scope, as bits. */
export function eventsWhere(kind: VerdictKind, scope: VerdictScope): number {
  return ANSWERED_EVENTS.reduce((bits, { name, bit }) => SCOPES[name][kind] === scope ? bits | bit : bits, 0);
}

/**
 * The scope of an answer as an MTA interprets it. On 421 or a hang-up the MTA closes the SMTP connection. If a verdict
 * is not allowed, it continues; in place of terms, it continues without the filter. (But Sendmail treats discard at
 * connect as accept, and a filter that skips at other events as broken.)
 *
 * @param event the event that is answered
 * @param verdict the verdict
 * @param code the code of the SMTP reply, if the filter gave its own
 * @param hangUp the hang-up, if it is one
 */
export function answerScope(
  event: AnsweredEvent | "negotiate",
  verdict: VerdictKind,
  code: number | undefined,
  hangUp: HangUp | undefined,
): Exclude<VerdictScope, "not allowed"> {
  if (hangUp !== undefined || code === 421) return "connection";
  const scope = verdictScope(event, verdict);
  if (scope !== "not allowed") return scope;
  return event === "negotiate" ? "connection" : "nothing";
}

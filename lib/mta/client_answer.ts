/**
 * A filter's answer, as the MTA side sees it.
 *
 * @module
 */

import type { Modification } from "../protocol/mta_session.ts";
import type { SmtpReply } from "../protocol/reply.ts";
import type { AnsweredEvent } from "../protocol/events.ts";
import { type AnswerKind, answerScope, type VerdictKind, verdictOf } from "../protocol/verdict_scope.ts";

/** A filter's answer to an event. */
export interface ClientAnswer {
  /** The verdict; `continue` too where the filter answers nothing there. */
  readonly verdict: AnswerKind;
  /** The SMTP reply, for `reply`. */
  readonly reply?: SmtpReply;
  /** The requested changes, at end of message. */
  readonly modifications: readonly Modification[];
}

/** The verdict that an answer is as good as. */
export function kindOfAnswer({ verdict, reply }: ClientAnswer): VerdictKind {
  return verdictOf(verdict, reply?.code);
}

/** How far an answer reaches, as an MTA takes it. */
export function scopeOfAnswer(
  event: AnsweredEvent,
  { verdict, reply }: ClientAnswer,
): ReturnType<typeof answerScope> {
  return answerScope(event, verdict, reply?.code);
}

/**
 * A filter's answer, as the MTA side sees it.
 *
 * @module
 */

import type { AnsweredEvent } from "../protocol/events.ts";
import type { FilterAnswer, Modification } from "../protocol/mta_session.ts";
import { answerScope } from "../protocol/verdict_scope.ts";

/** A filter's answer to an event; the verdict is also `continue` if the filter does not answer the event. */
export interface ClientAnswer extends FilterAnswer {
  /** The requested changes, at end of message. */
  readonly modifications: readonly Modification[];
}

/** The scope of an answer, as an MTA interprets it. */
export function scopeOfAnswer(
  event: AnsweredEvent,
  { verdict, reply, hangUp }: ClientAnswer,
): ReturnType<typeof answerScope> {
  return answerScope(event, verdict, reply?.code, hangUp);
}

/**
 * Turns a milter's answers into verdicts of a filter.
 *
 * @module
 */

import type { VerdictEvent } from "../../lib/filter/filter_terms.ts";
import { accept, discard, reject, skip, tempfail, type Verdict } from "../../lib/filter/verdict.ts";
import type { ClientAnswer } from "../../lib/mta/client_answer.ts";
import { isAllowed, verdictScope } from "../../lib/protocol/verdict_scope.ts";

/**
 * The verdict that an answer means.
 *
 * @param answer the answer
 * @param event the event that it answers
 * @param encodedReply its SMTP reply as received, if it has one
 * @returns undefined to go on
 */
export function verdictOfAnswer(
  answer: ClientAnswer,
  event: VerdictEvent,
  encodedReply: Uint8Array | undefined,
): Verdict | undefined {
  const { verdict: kind, reply, hangUp } = answer;
  // An answer that is not allowed there; both MTAs continue, except that Postfix would drop the connection at accept.
  if (!isAllowed(event, kind)) return undefined;
  if (hangUp !== undefined) return tempfail(421, "4.3.2", "Closing connection");
  // As received, so that the MTA treats it like any milter's reply.
  if (reply !== undefined) return { kind, reply, ...(encodedReply ? { encodedReply } : {}) };
  switch (kind) {
    case "continue":
      return undefined;
    case "accept":
      return accept();
    case "discard":
      return discard();
    case "reject":
      return reject();
    case "tempfail":
      return tempfail();
    case "skip":
      return skip();
  }
}

/** Whether an answer ends the message from the milter's view, which does not know what 421 means to an MTA. */
export function endsMessage(answer: ClientAnswer, event: VerdictEvent): boolean {
  return verdictScope(event, answer.verdict) === "message";
}

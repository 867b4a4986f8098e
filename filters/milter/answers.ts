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
  // What a milter should not say there; both MTAs go on, but for Postfix, which would drop the connection at accept.
  if (!isAllowed(event, kind)) return undefined;
  if (hangUp !== undefined) return tempfail(421, "4.3.2", "Closing connection");
  // As it came, so that the MTA makes of it what it makes of every milter's.
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

/** Whether an answer ends the message, as the milter sees it, which knows nothing of what 421 is to an MTA. */
export function endsMessage(answer: ClientAnswer, event: VerdictEvent): boolean {
  return verdictScope(event, answer.verdict) === "message";
}

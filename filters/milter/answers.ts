/**
 * Turns a milter's answers into verdicts of a filter.
 *
 * @module
 */

import type { VerdictEvent } from "../../lib/filter/filter_terms.ts";
import { accept, discard, reject, skip, tempfail, type Verdict } from "../../lib/filter/verdict.ts";
import type { ClientAnswer } from "../../lib/mta/client_answer.ts";

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
  switch (answer.verdict) {
    case "continue":
      return undefined;
    case "accept":
      // Of an unknown command there is nothing to accept; Postfix would drop the connection.
      return event === "unknown" ? undefined : accept();
    case "discard":
      // There is no message yet; both MTAs go on.
      return isOutsideMessage(event) ? undefined : discard();
    case "reject":
      return reject();
    case "tempfail":
      return tempfail();
    case "skip":
      return skip();
    case "connection-fail":
    case "shutdown":
      return tempfail(421, "4.3.2", "Closing connection");
    case "reply": {
      const { reply } = answer;
      // As it came, so that the MTA makes of it what it makes of every milter's.
      return { kind: reply!.code >= 500 ? "reject" : "tempfail", reply, encodedReply };
    }
  }
}

/** Whether an answer ends the message, as the milter sees it. */
export function endsMessage({ verdict }: ClientAnswer, event: VerdictEvent): boolean {
  if (event === "eom") return true;
  if (verdict === "continue" || verdict === "skip" || isOutsideMessage(event)) return false;
  // A refused recipient is one recipient less.
  return event !== "rcpt" || verdict === "accept" || verdict === "discard";
}

function isOutsideMessage(event: VerdictEvent): boolean {
  return event === "connect" || event === "helo" || event === "unknown";
}

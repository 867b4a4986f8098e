/**
 * Checks whether a filter may give an answer at an event.
 *
 * @module
 */

import { isAllowed } from "../protocol/verdict_scope.ts";
import { nameOf, REJECTED_RCPT } from "./callback_events.ts";
import { Failure } from "./failure.ts";
import type { Plan } from "./plan.ts";
import { InvalidVerdictError, isFinal, type Verdict } from "../filter/verdict.ts";
import type { Given } from "./maybe_promise.ts";

/** Returns the answer, or a failure if the filter may not give it at this event. */
export function checkedAnswer(plan: Plan, event: number, answer: Given): Given {
  if (answer === undefined || answer instanceof Failure) return answer;
  const problem = problemOf(plan, event, answer);
  return problem ? new Failure(problem) : answer;
}

/** Whether the changes that a filter requested take effect, given its answer at the end of the message. */
export function changesHold(given: Given): boolean {
  return !(given instanceof Failure) && !(given && isFinal(given));
}

/** Why the table in `verdict_scope.ts` does not allow a verdict. */
const NOT_ALLOWED = {
  accept: "Postfix drops the connection on accept here",
  skip: "skip is allowed only at body",
  discard: "there is no message to discard",
} as const;

function problemOf(plan: Plan, event: number, answer: unknown): Error | undefined {
  const kind = (answer as Partial<Verdict> | null)?.kind;
  const name = nameOf(event);
  const invalid = (reason: string) => new InvalidVerdictError(answer, `Invalid answer to ${name}: ${reason}`);
  switch (kind) {
    case "continue":
      return undefined;
    case "accept":
    case "skip":
      return isAllowed(name, kind) ? undefined : invalid(NOT_ALLOWED[kind]);
    case "discard":
      if (!isAllowed(name, kind)) return invalid(NOT_ALLOWED[kind]);
      break;
    case "reject":
    case "tempfail": {
      const { reply, encodedReply } = answer as Verdict;
      if ((reply || encodedReply) && !(Array.isArray(reply?.lines) && encodedReply instanceof Uint8Array)) {
        return invalid(`its reply was not made by ${kind}(code, enhanced, text)`);
      }
      break;
    }
    default:
      return invalid(
        `${typeof answer} is not a verdict; return nothing, or the result of accept(), reject() and so on`,
      );
  }
  const declared = plan.filter.dryRun ? true : (plan.verdicts & event) !== 0 || event === REJECTED_RCPT;
  return declared ? undefined : invalid(`the filter does not declare "${name}" in its verdicts`);
}

/**
 * What follows from a filter's answer, for it and for the others.
 *
 * @module
 */

import { type AnsweredEvent, CONNECTION_EVENTS, CONTENT_EVENTS, EventBit } from "../protocol/events.ts";
import { verdictScope } from "../protocol/verdict_scope.ts";
import {
  accept,
  describe,
  isFinal,
  proceed,
  reject,
  skip,
  tempfail,
  type Verdict,
} from "../filter/verdict.ts";
import { checkedAnswer } from "./answer.ts";
import { nameOf, REJECTED_RCPT } from "./callback_events.ts";
import { abortFilter, closeFilter } from "./cleanup.ts";
import type { ConnectionState } from "./connection_state.ts";
import { Failure, FilterTimeoutError } from "./failure.ts";
import { type FilterInstance, Out } from "./filter_instance.ts";
import type { Given } from "./maybe_promise.ts";
import { note, reportRefusal, reportVerdict } from "./message_report.ts";
import type { MessageState } from "./message_state.ts";
import { anyAsked, anyWantsBody, firstAsked } from "./participants.ts";

/**
 * What follows from one filter's answer.
 *
 * @returns a verdict that ends the event; undefined goes on to the next filter
 */
export function settle(
  state: ConnectionState,
  instance: FilterInstance,
  event: number,
  answer: Given,
): Verdict | undefined {
  const given = checkedAnswer(instance.plan, event, answer);
  const verdict = effectiveVerdict(state, instance, event, given);
  if (verdict.kind === "continue") return undefined;
  const name = nameOf(event);
  const scope = verdictScope(name, verdict.kind);
  if (!isFinal(verdict)) {
    if (scope === "connection") closeFilter(state, instance);
    else leaveMessage(instance, name, verdict);
    return undefined;
  }
  if (scope === "nothing") return verdict;
  if (scope === "connection") {
    reportRefusal(state, instance, name, verdict);
    return state.verdict = verdict;
  }
  const message = state.openMessage;
  // A filter that failed does not know its message any more, so its verdict is not about one recipient.
  if (!(given instanceof Failure)) {
    if (event === REJECTED_RCPT) return undefined;
    if (scope === "recipient") return refuseRecipient(state, message, instance, verdict);
  }
  if (event & CONTENT_EVENTS && firstAsked(state.instances) !== instance) {
    instance.held = verdict;
    return undefined;
  }
  return conclude(state, message, verdict, instance, name);
}

/** Leaves a filter out of the message, or of its body, where its verdict says so. */
export function leaveMessage(instance: FilterInstance, event: AnsweredEvent, { kind }: Verdict): void {
  if (kind === "skip") instance.bodyDone = true;
  else if (kind === "accept" && verdictScope(event, kind) === "message") instance.out = Out.MESSAGE;
}

/** What follows once every filter was asked. */
export function allAsked(state: ConnectionState, event: number): Verdict {
  const { instances } = state;
  if (event & CONNECTION_EVENTS) return anyAsked(instances) ? proceed() : state.verdict = accept();
  if (event === EventBit.unknown || event === REJECTED_RCPT) return proceed();
  const first = firstAsked(instances);
  if (first?.held) return conclude(state, state.openMessage, first.held, first, nameOf(event));
  if (!first && !anyAsked(instances)) {
    return conclude(state, state.openMessage, accept(), undefined, nameOf(event));
  }
  return event === EventBit.body && state.terms.skip && !anyWantsBody(instances) ? skip() : proceed();
}

/** An answer as a verdict that counts: failures by `onError`, a dry run's noted and passed over. */
export function effectiveVerdict(
  state: ConnectionState,
  instance: FilterInstance,
  event: number,
  answer: Given,
): Verdict {
  if (answer === undefined) return proceed();
  const verdict = answer instanceof Failure
    ? verdictOnFailure(state, instance, nameOf(event), answer)
    : answer;
  if (!instance.plan.filter.dryRun || !isFinal(verdict)) return verdict;
  const name = nameOf(event);
  const scope = verdictScope(name, verdict.kind);
  if (scope === "connection") reportRefusal(state, instance, name, verdict);
  else note(state, instance, name, { verdict: describe(verdict) });
  // Had the verdict counted, nobody would have been asked any more.
  const wouldHaveEnded = scope === "connection" || scope === "message";
  return wouldHaveEnded || answer instanceof Failure ? accept() : proceed();
}

/** Notes a failure; gives the verdict that the filter has for it. */
export function verdictOnFailure(
  state: ConnectionState,
  instance: FilterInstance,
  event: AnsweredEvent | "negotiate",
  failure: Failure,
): Verdict {
  const onError = instance.plan.filter.onError ?? "tempfail";
  state.host.onFilterError?.(instance.name, event, failure.error, onError);
  if (instance.inMessage && event !== "unknown") {
    const late = failure.error instanceof FilterTimeoutError;
    abortFilter(state, instance, late ? "The filter took too long" : "The filter failed");
  }
  return onError === "reject" ? reject() : onError === "accept" ? accept() : tempfail();
}

/** Ends the message for everybody with one filter's verdict, or one of the chain's own. */
export function conclude(
  state: ConnectionState,
  message: MessageState,
  verdict: Verdict,
  by: FilterInstance | undefined,
  event: AnsweredEvent,
): Verdict {
  message.verdict = verdict;
  message.close();
  if (by && isFinal(verdict)) note(state, by, event, { verdict: describe(verdict) });
  reportVerdict(state, message, verdict, by, event);
  abortOthers(state, by, "Another filter ended the message");
  return verdict;
}

/** Abort for all that were told of the message and have not ended it themselves. */
export function abortOthers(state: ConnectionState, by: FilterInstance | undefined, reason: string): void {
  for (const instance of state.instances) {
    if (instance !== by && instance.out === Out.NO && instance.inMessage) {
      abortFilter(state, instance, reason);
    } else instance.endMessage();
  }
}

function refuseRecipient(
  state: ConnectionState,
  message: MessageState,
  by: FilterInstance,
  verdict: Verdict,
): Verdict {
  const recipient = message.recipients.pop();
  if (recipient) {
    message.recipientBytes -= recipient.size;
    note(state, by, "rcpt", { verdict: describe(verdict), recipient: recipient.address });
  }
  message.refusal = { verdict, by };
  return verdict;
}

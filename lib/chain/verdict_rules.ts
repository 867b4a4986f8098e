/**
 * Applies a filter's answer to the filter itself and to the others.
 *
 * @module
 */

import { type AnsweredEvent, CONNECTION_EVENTS, CONTENT_EVENTS, EventBit } from "../protocol/events.ts";
import { verdictScope } from "../protocol/verdict_scope.ts";
import { accept, isFinal, proceed, reject, skip, tempfail, type Verdict } from "../filter/verdict.ts";
import { saidBy } from "../filter/report.ts";
import { ResultList } from "../filter/results.ts";
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
 * Applies one filter's answer.
 *
 * @returns a verdict that ends the event; undefined continues with the next filter
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
  // A filter that failed has lost its message, so its verdict applies to the whole message.
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

/** Leaves a filter out of the rest of the message or body, if its verdict says so. */
export function leaveMessage(instance: FilterInstance, event: AnsweredEvent, { kind }: Verdict): void {
  if (kind === "skip") instance.bodyDone = true;
  else if (kind === "accept" && verdictScope(event, kind) === "message") instance.out = Out.MESSAGE;
}

/** Returns the verdict once every filter has been called. */
export function allAsked(state: ConnectionState, event: number): Verdict {
  const { instances } = state;
  if (event & CONNECTION_EVENTS) return anyAsked(instances) ? proceed() : state.verdict = accept();
  if (event === EventBit.unknown || event === REJECTED_RCPT) return proceed();
  const first = firstAsked(instances);
  if (first?.held) return conclude(state, state.openMessage, first.held, first, nameOf(event));
  if (!first && !anyAsked(instances)) {
    return conclude(state, state.openMessage, accept(), undefined, nameOf(event));
  }
  if (event !== EventBit.body || !state.terms.skip || anyWantsBody(instances)) return proceed();
  state.openMessage.bodySkipped = true;
  return skip();
}

/** Turns an answer into the verdict that applies: failures become `onError`; a dry run's verdict is only recorded. */
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
  else note(state, instance, name, saidBy(verdict));
  // A real verdict would have ended the message or the connection, so the filter is not called for the rest of it.
  const wouldHaveEnded = scope === "connection" || scope === "message";
  return wouldHaveEnded || answer instanceof Failure ? accept() : proceed();
}

/** Reports a failure; returns the verdict that the filter's `onError` sets. */
export function verdictOnFailure(
  state: ConnectionState,
  instance: FilterInstance,
  event: AnsweredEvent | "negotiate",
  failure: Failure,
): Verdict {
  const onError = instance.plan.filter.onError ?? "tempfail";
  const { host } = state;
  host.onFilterError?.(instance.name, event, failure.error, onError, host.macro("i"));
  if (onError === "accept" || instance.plan.filter.dryRun) missResults(state, instance);
  if (instance.inMessage && event !== "unknown") {
    const late = failure.error instanceof FilterTimeoutError;
    abortFilter(state, instance, late ? "The filter took too long" : "The filter failed");
  }
  return onError === "reject" ? reject() : onError === "accept" ? accept() : tempfail();
}

/**
 * Records that the results of a failed filter are unknown, so that later filters do not treat them as failed checks.
 */
function missResults({ message }: ConnectionState, { plan: { filter } }: FilterInstance): void {
  if (!message) return;
  for (const method of filter.authenticates ?? []) {
    if (method !== "*") (message.results ??= new ResultList()).miss(method);
  }
}

/** Ends the message for all filters, with one filter's verdict or the chain's own. */
export function conclude(
  state: ConnectionState,
  message: MessageState,
  verdict: Verdict,
  by: FilterInstance | undefined,
  event: AnsweredEvent,
): Verdict {
  message.verdict = verdict;
  message.close();
  if (by && isFinal(verdict)) note(state, by, event, saidBy(verdict));
  reportVerdict(state, message, verdict, by, event);
  abortOthers(state, by, "Another filter ended the message");
  return verdict;
}

/** Aborts the message for all filters that were told of it and have not ended it themselves. */
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
    note(state, by, "rcpt", { ...saidBy(verdict), recipient: recipient.address });
  }
  message.refusal = { verdict, by };
  return verdict;
}

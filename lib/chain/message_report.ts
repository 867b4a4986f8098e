/**
 * Reports messages, and connections that were refused before any message.
 *
 * @module
 */

import type { AnsweredEvent } from "../protocol/events.ts";
import {
  addresses,
  type ConnectionReport,
  type FilterNote,
  type FilterTime,
  type MessageReport,
  outcomeOf,
} from "../filter/report.ts";
import type { Verdict } from "../filter/verdict.ts";
import type { ConnectionState } from "./connection_state.ts";
import type { FilterInstance } from "./filter_instance.ts";
import { addMessageFacts, type Mutable } from "./message_facts.ts";
import type { MessageState } from "./message_state.ts";

const ACCEPTED = { outcome: "accept" } as const;
const ABORTED = { outcome: "abort" } as const;

/** Records what a filter answered or did. */
export function note(
  { host, message }: ConnectionState,
  instance: FilterInstance,
  event: AnsweredEvent,
  said: Omit<FilterNote, "filter" | "event">,
): void {
  if (!host.onMessage || !message) return;
  const dryRun = instance.plan.filter.dryRun ? { dryRun: true } : {};
  message.notes.push({ filter: instance.name, event, ...said, ...dryRun });
}

/** Reports a message that a verdict ended. */
export function reportVerdict(
  state: ConnectionState,
  message: MessageState,
  verdict: Verdict,
  by: FilterInstance | undefined,
  event: AnsweredEvent,
): void {
  if (state.reports) report(state, message, outcomeOf(verdict), by, event);
}

/** Reports a message that was accepted at its end. */
export function reportEnd(state: ConnectionState, message: MessageState): void {
  report(state, message, ACCEPTED, undefined, "eom");
}

/**
 * Reports a message that the MTA or its client aborted. The MTA aborts a message if every recipient was refused; the
 * outcome is then the last refusal.
 */
export function reportAbort(state: ConnectionState, message: MessageState): void {
  const { recipients, refusal } = message;
  if (recipients.length > 0 || !refusal) return report(state, message, ABORTED, undefined, "abort");
  report(state, message, outcomeOf(refusal.verdict), refusal.by, "rcpt");
}

/** Reports a connection that a filter refused. */
export function reportRefusal(
  state: ConnectionState,
  instance: FilterInstance,
  event: AnsweredEvent,
  verdict: Verdict,
): void {
  state.host.onRefusal?.({
    client: clientName(state),
    helo: state.helo,
    ...outcomeOf(verdict) as Pick<ConnectionReport, "outcome" | "reply">,
    filter: instance.name,
    event: event as ConnectionReport["event"],
    ...(state.notes === undefined ? {} : { notes: [...state.notes] }),
    ...(state.host.listener === undefined ? {} : { listener: state.host.listener }),
    ...(state.labels?.size ? { labels: [...state.labels] } : {}),
    ...(instance.plan.filter.dryRun ? { dryRun: true } : {}),
  });
}

function report(
  state: ConnectionState,
  message: MessageState,
  outcome: Pick<MessageReport, "outcome" | "reply">,
  by: FilterInstance | undefined,
  event: MessageReport["event"],
): void {
  const { host, instances, clock, notes } = state;
  const queueId = host.macro("i");
  message.lastId = queueId ?? null;
  if (!host.onMessage) return;
  const filters: FilterTime[] = [];
  for (const instance of instances) {
    const time = instance.takeTime();
    if (time !== undefined) filters.push(time);
  }
  const told: Mutable<MessageReport> = {
    queueId,
    client: clientName(state),
    sender: message.sender?.address,
    recipients: addresses(message.recipients),
    labels: labelsOf(state, message),
    outcome: outcome.outcome,
    event,
    notes: notes === undefined ? message.notes : [...notes, ...message.notes],
    filters,
    milliseconds: clock.now() - message.began,
  };
  // Properties are set one by one: spreading objects takes several times as long.
  addMessageFacts(told, state, message);
  if (outcome.reply !== undefined) told.reply = outcome.reply;
  if (by) told.filter = by.name;
  if (message.results) told.results = [...message.results];
  if (message.quarantine !== undefined) told.held = message.quarantine;
  host.onMessage(told);
}

/** The labels of a message, each once. */
function labelsOf({ labels }: ConnectionState, message: MessageState): string[] {
  return labels ? [...new Set([...labels, ...message.labels])] : [...message.labels];
}

function clientName({ client }: ConnectionState): string | undefined {
  return client?.address || client?.hostname;
}

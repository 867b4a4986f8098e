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
  type MessageReport,
  outcomeOf,
} from "../filter/report.ts";
import type { Verdict } from "../filter/verdict.ts";
import type { ConnectionState } from "./connection_state.ts";
import type { FilterInstance } from "./filter_instance.ts";
import { messageFacts } from "./message_facts.ts";
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
  const { host, instances, clock } = state;
  const queueId = host.macro("i");
  message.lastId = queueId ?? null;
  host.onMessage?.({
    queueId,
    client: clientName(state),
    sender: message.sender?.address,
    recipients: addresses(message.recipients),
    ...messageFacts(state, message),
    ...outcome,
    ...(by ? { filter: by.name } : {}),
    event,
    notes: state.notes === undefined ? message.notes : [...state.notes, ...message.notes],
    ...(message.results ? { results: [...message.results] } : {}),
    filters: instances.map((instance) => instance.takeTime()).filter((time) => time !== undefined),
    ...(message.quarantine === undefined ? {} : { held: message.quarantine }),
    milliseconds: clock.now() - message.began,
  });
}

function clientName({ client }: ConnectionState): string | undefined {
  return client?.address || client?.hostname;
}

/**
 * The end of a message: runs the filters one after another and collects what the MTA must do.
 *
 * @module
 */

import { envelopeActions } from "../message/envelope.ts";
import { headerActions } from "../message/header_diff.ts";
import { addresses } from "../filter/report.ts";
import { proceed, tempfail, type Verdict } from "../filter/verdict.ts";
import type { MessageEnd } from "./connection_host.ts";
import type { ConnectionState } from "./connection_state.ts";
import { FilterEnd } from "./filter_end.ts";
import { type FilterInstance, Out } from "./filter_instance.ts";
import type { MaybePromise } from "./maybe_promise.ts";
import { reportEnd } from "./message_report.ts";
import type { MessageState } from "./message_state.ts";
import { abortOthers, conclude } from "./verdict_rules.ts";

const NOTHING: readonly never[] = [];

/** Returns an end without changes. */
export function endWith(verdict: Verdict): MessageEnd {
  return { verdict, header: NOTHING, envelope: NOTHING, body: undefined, quarantine: undefined };
}

/** Ends the message for the filters from index `from` on. */
export function finishMessage(
  state: ConnectionState,
  message: MessageState,
  from: number,
): MaybePromise<MessageEnd> {
  const { instances } = state;
  for (let i = from, instance = instances[i]; instance; instance = instances[++i]) {
    if (instance.out !== Out.NO) continue;
    const verdict = instance.held ?? new FilterEnd(state, instance, message).run();
    if (verdict instanceof Promise) return finishLater(state, message, i, instance, verdict);
    const end = ended(state, message, instance, verdict);
    if (end) return end;
  }
  return allEnded(state, message);
}

async function finishLater(
  state: ConnectionState,
  message: MessageState,
  at: number,
  instance: FilterInstance,
  pending: Promise<Verdict | undefined>,
): Promise<MessageEnd> {
  state.waits();
  return ended(state, message, instance, await pending) ?? finishMessage(state, message, at + 1);
}

/** Applies one filter's end of the message; undefined continues with the next filter. */
function ended(
  state: ConnectionState,
  message: MessageState,
  instance: FilterInstance,
  verdict: Verdict | undefined,
): MessageEnd | undefined {
  if (state.cancelled) return endWith(tempfail());
  if (verdict) {
    conclude(state, message, verdict, instance, "eom");
    state.message = undefined;
    return endWith(verdict);
  }
  instance.endMessage();
  if (message.quarantine === undefined || message.mta !== "postfix") return undefined;
  // Postfix calls no further milter after one that quarantines the message; Sendmail calls them all.
  abortOthers(state, instance, "Another filter quarantined the message");
  return allEnded(state, message);
}

function allEnded(state: ConnectionState, message: MessageState): MessageEnd {
  if (state.cancelled) return endWith(tempfail());
  const { headers, envelope, recipients, mta, bodyReplaced, body, quarantine } = message;
  const end: MessageEnd = {
    verdict: proceed(),
    header: headerActions(headers),
    envelope: envelope.length > 0 ? envelopeActions(envelope, addresses(recipients), mta) : NOTHING,
    body: bodyReplaced ? body : undefined,
    quarantine,
  };
  if (!end.body) message.close();
  message.verdict = end.verdict;
  reportEnd(state, message);
  state.message = undefined;
  // Filters that accepted the message earlier still hold their state.
  for (const instance of state.instances) instance.endMessage();
  return end;
}

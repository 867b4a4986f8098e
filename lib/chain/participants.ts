/**
 * Which filters are still in a message, and who of them sees its content when.
 *
 * @module
 */

import { EventBit } from "../protocol/events.ts";
import type { ConnectionState } from "./connection_state.ts";
import { type FilterInstance, Out } from "./filter_instance.ts";
import type { MessageState } from "./message_state.ts";
import { reads, whoIsLive } from "./plan.ts";

/** Whether any filter may yet be asked. */
export function anyAsked(instances: readonly FilterInstance[]): boolean {
  for (const instance of instances) {
    if (instance.out === Out.NO || instance.out === Out.RECIPIENT) return true;
  }
  return false;
}

/** Whether any filter waits for more of the body. */
export function anyWantsBody(instances: readonly FilterInstance[]): boolean {
  for (const instance of instances) if (instance.wantsBody) return true;
  return false;
}

/** The first filter that can still end the message: it alone may answer content at once. */
export function firstAsked(instances: readonly FilterInstance[]): FilterInstance | undefined {
  for (const instance of instances) {
    if (instance.out === Out.NO && !instance.plan.filter.dryRun) return instance;
  }
  return undefined;
}

/** A message begins: filters that were out of the one before are back. */
export function beginMessage(instances: readonly FilterInstance[]): void {
  for (const instance of instances) if (instance.out !== Out.CONNECTION) instance.out = Out.NO;
}

/** Those for whom no recipient came are not asked about the message. */
export function endEnvelope(instances: readonly FilterInstance[]): void {
  for (const instance of instances) if (instance.out === Out.RECIPIENT) instance.out = Out.MESSAGE;
}

/** Works out, once, who sees the content as it comes, and who is shown it at the end. */
export function planContent(state: ConnectionState, message: MessageState): void {
  if (message.planned) return;
  const { instances, terms, settings } = state;
  message.planned = true;
  endEnvelope(instances);
  if (terms.allLive) return;
  const asked = instances.filter(({ out }) => out === Out.NO);
  const live = whoIsLive(asked.map(({ plan }) => plan));
  for (const [i, instance] of asked.entries()) {
    instance.live = live[i] ?? true;
    if (!instance.live && reads(instance.plan, EventBit.body)) message.keepBody(settings.pool);
  }
}

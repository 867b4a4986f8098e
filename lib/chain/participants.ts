/**
 * Which filters still take part in a message, and when each of them sees its content.
 *
 * @module
 */

import type { ConnectionState } from "./connection_state.ts";
import { type FilterInstance, Out } from "./filter_instance.ts";
import type { MessageState } from "./message_state.ts";
import { keepsBody, whoIsLive } from "./plan.ts";

/** Whether any filter may still be called. */
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

/** Returns the first filter that can still end the message: only its verdict on content applies immediately. */
export function firstAsked(instances: readonly FilterInstance[]): FilterInstance | undefined {
  for (const instance of instances) {
    if (instance.out === Out.NO && !instance.plan.filter.dryRun) return instance;
  }
  return undefined;
}

/** Begins a message: filters that were left out of the previous one take part again. */
export function beginMessage(instances: readonly FilterInstance[]): void {
  for (const instance of instances) if (instance.out !== Out.CONNECTION) instance.out = Out.NO;
}

/** Ends the envelope: leaves filters out of the message if no recipient in their scope came. */
export function endEnvelope(instances: readonly FilterInstance[]): void {
  for (const instance of instances) if (instance.out === Out.RECIPIENT) instance.out = Out.MESSAGE;
}

/** Determines, once, which filters see the content as it arrives and which see it at the end. */
export function planContent(state: ConnectionState, message: MessageState): void {
  if (message.planned) return;
  const { instances, terms, settings } = state;
  message.planned = true;
  endEnvelope(instances);
  if (!terms.anySeesLater) return;
  const asked = instances.filter(({ out }) => out === Out.NO);
  const live = whoIsLive(asked.map(({ plan }) => plan));
  for (const [i, instance] of asked.entries()) {
    instance.live = live[i] ?? true;
    if (keepsBody(instance.plan, instance.live)) message.keepBody(settings.pool);
  }
}

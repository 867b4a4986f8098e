/**
 * Publishes the outcomes of store calls for metrics, over a channel of `node:diagnostics_channel`.
 *
 * @module
 */

import { channel } from "node:diagnostics_channel";
import type { StoreCall } from "./calls.ts";

/** The name of the channel. */
export const STATE_CHANNEL = "milterkit:state";

/** A call of a filter is over. */
export interface StateEvent {
  /** The method. */
  readonly method: StoreCall[0];
  /**
   * The outcome: the store executed it (`ok`), it did not answer (`failed`), or it was not asked because it is away
   * (`away`).
   */
  readonly result: "ok" | "failed" | "away";
  /** How long the filter waited, in milliseconds. */
  readonly milliseconds: number;
}

const events = channel(STATE_CHANNEL);

/** Publishes an event. */
export function publishStateEvent(event: StateEvent): void {
  if (events.hasSubscribers) events.publish(event);
}

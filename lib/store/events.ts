/**
 * What happens to calls of stores, for whoever counts: metrics subscribe to the channel, see `node:diagnostics_channel`.
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
   * What became of it: the store carried it out (`ok`), it did not answer (`failed`), or it was not asked since it is away
   * (`away`).
   */
  readonly result: "ok" | "failed" | "away";
  /** How long the filter waited, in milliseconds. */
  readonly milliseconds: number;
}

const events = channel(STATE_CHANNEL);

/** Tells whoever listens. */
export function tellState(event: StateEvent): void {
  if (events.hasSubscribers) events.publish(event);
}

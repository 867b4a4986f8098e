/**
 * Counts the calls that the filters of a process make of their state.
 *
 * @module
 */

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { STATE_CHANNEL, type StateEvent } from "../../lib/store/events.ts";
import { addLatencies, addLatency, emptyLatencies } from "./add_counts.ts";
import { addCounts, addOne } from "./count_map.ts";
import type { Latencies } from "./mail_counts.ts";

/** Counts of calls. */
export interface StateCounts {
  /** Calls by method: `get`, `set`, `delete`, `seen`, `take`. */
  calls: Record<string, number>;
  /** Calls that got no answer in time. */
  failed: number;
  /** Calls for which the state was not even asked, since it did not answer before. */
  away: number;
  /** How long filters waited for those that were asked. */
  time: Latencies;
}

/** Returns counts of zero. */
export function emptyStateCounts(): StateCounts {
  return { calls: {}, failed: 0, away: 0, time: emptyLatencies() };
}

/** Adds counts to others. */
export function addStateCounts(into: StateCounts, delta: StateCounts): void {
  addCounts(into.calls, delta.calls);
  into.failed += delta.failed;
  into.away += delta.away;
  addLatencies(into.time, delta.time);
}

/** Counts the calls of all filters of this process. */
export class StateRecorder {
  #counts = emptyStateCounts();
  readonly #heard = (event: unknown): void => this.#record(event as StateEvent);

  constructor() {
    subscribe(STATE_CHANNEL, this.#heard);
  }

  /** Returns the counts since the last call. */
  take(): StateCounts {
    const counts = this.#counts;
    this.#counts = emptyStateCounts();
    return counts;
  }

  /** Stops counting. */
  close(): void {
    unsubscribe(STATE_CHANNEL, this.#heard);
  }

  #record({ method, result, milliseconds }: StateEvent): void {
    addOne(this.#counts.calls, method);
    if (result === "away") {
      this.#counts.away++;
      return;
    }
    if (result === "failed") this.#counts.failed++;
    addLatency(this.#counts.time, milliseconds / 1000);
  }
}

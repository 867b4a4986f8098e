/**
 * Compares how long answers took in the trace and in the replay.
 *
 * @module
 */

import type { PlayedStep } from "./player.ts";

/** The times of one event's answers, in milliseconds. */
export interface EventTiming {
  /** The event's name. */
  readonly event: string;
  /** Number of answers that both trace and replay have. */
  readonly answers: number;
  readonly recorded: Spread;
  readonly now: Spread;
}

/** Median and longest of some times, in milliseconds. */
export interface Spread {
  readonly median: number;
  readonly longest: number;
}

/** Collects the times of answers. */
export class Timing {
  readonly #times = new Map<string, { recorded: number[]; now: number[] }>();

  /** Adds the answers on a connection, except those that only the trace or only the replay has. */
  add(played: readonly PlayedStep[]): void {
    for (const { step, now } of played) {
      const [then, after] = [step.outcome?.milliseconds, now?.milliseconds];
      if (then === undefined || after === undefined) continue;
      const event = step.event?.name ?? "negotiate";
      let times = this.#times.get(event);
      if (!times) this.#times.set(event, times = { recorded: [], now: [] });
      times.recorded.push(then);
      times.now.push(after);
    }
  }

  /** The times by event, in the order in which the events first came. */
  byEvent(): EventTiming[] {
    return [...this.#times].map(([event, { recorded, now }]) => ({
      event,
      answers: recorded.length,
      recorded: spreadOf(recorded),
      now: spreadOf(now),
    }));
  }
}

/** 0 if there are no times. */
function spreadOf(times: readonly number[]): Spread {
  const sorted = times.toSorted((a, b) => a - b);
  return { median: rounded(sorted[sorted.length >> 1] ?? 0), longest: rounded(sorted.at(-1) ?? 0) };
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

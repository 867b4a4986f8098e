/**
 * Makes one outage of what several workers notice of the same state, each with a guard of its own.
 *
 * @module
 */

import type { OutageEvents } from "./outage_log.ts";

/** What a worker tells: the calls of {@linkcode OutageEvents}, as data. */
export type OutageReport =
  | { readonly what: "atStart" | "away" | "stillAway"; readonly reason: string }
  | { readonly what: "back"; readonly milliseconds: number; readonly calls: number };

/**
 * Returns what reports what a worker notices.
 *
 * @param report called with each report
 */
export function reportOutages(report: (report: OutageReport) => void): OutageEvents {
  return {
    atStart: (reason) => report({ what: "atStart", reason }),
    away: (reason) => report({ what: "away", reason }),
    stillAway: (reason) => report({ what: "stillAway", reason }),
    back: (milliseconds, calls) => report({ what: "back", milliseconds, calls }),
  };
}

/**
 * The outages of a service: one begins when the first worker gets no answer, and is over when the last one that got none has
 * one again.
 */
export class ServiceOutages {
  readonly #events: OutageEvents;
  readonly #now: () => number;
  /** The workers without an answer. */
  readonly #without = new Set<object>();
  #since = 0;
  #calls = 0;

  /**
   * @param events learns when the state is away for the service
   * @param now gives the time, in milliseconds
   */
  constructor(events: OutageEvents, now: () => number = () => performance.now()) {
    this.#events = events;
    this.#now = now;
  }

  /**
   * Takes the report of a worker.
   *
   * @param worker the worker
   * @param report the report
   */
  heard(worker: object, report: OutageReport): void {
    switch (report.what) {
      case "away":
        if (this.#without.size === 0) this.#begin(report.reason);
        this.#without.add(worker);
        return;
      case "atStart":
      case "stillAway":
        return this.#events[report.what](report.reason);
      case "back":
        if (!this.#without.delete(worker)) return;
        this.#calls += report.calls;
        if (this.#without.size === 0) this.#events.back(this.#now() - this.#since, this.#calls);
    }
  }

  /** Takes the end of a worker. If it was the last one without an answer, nobody knows whether there is one again. */
  ended(worker: object): void {
    this.#without.delete(worker);
  }

  #begin(reason: string): void {
    this.#since = this.#now();
    this.#calls = 0;
    this.#events.away(reason);
  }
}

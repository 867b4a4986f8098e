/**
 * A section of the benchmark: something measured in each round, and its part of the document.
 * `run.ts` lists the sections; add new ones there.
 *
 * @module
 */

import type { Options } from "./options.ts";
import type { LimitCheck, Result } from "./results.ts";
import type { Rig } from "./rig.ts";
import type { Server } from "./servers.ts";

export interface Section {
  /** Measures every server once. */
  measureRound(round: number): Promise<void>;
  /** Its chapters of the document, the most important first. */
  chapters(): Chapter[];
  /** Whether its limits were met. */
  limits(): LimitCheck[];
  /** Of the servers' core, what other processes used in each measurement. */
  othersShares?(): number[];
  /** Ends what it started. */
  close?(): Promise<void>;
}

export interface Chapter {
  readonly title: string;
  /** Markdown. */
  readonly text: string;
}

/** What a section measures with. */
export interface Bench {
  readonly options: Options;
  readonly rig: Rig;
  /** The servers to measure, the reference first. */
  readonly servers: readonly Server[];
  /**
   * Performs one measurement: prints and records its result or failure.
   *
   * @param what a description of the measurement
   * @param measure returns undefined if it cannot be measured
   * @param told returns the figure to print as progress
   */
  attempt<R extends Result>(
    what: string,
    measure: () => Promise<R | undefined>,
    told: (result: R) => string,
  ): Promise<R | undefined>;
}

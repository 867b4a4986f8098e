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
  /** What the document says, the most important first. */
  chapters(): Chapter[];
  /** How the limits were kept that it has. */
  limits(): LimitCheck[];
}

export interface Chapter {
  readonly title: string;
  /** Markdown. */
  readonly text: string;
}

/** What a section has to measure with. */
export interface Bench {
  readonly options: Options;
  readonly rig: Rig;
  /** Those that are measured, the reference first. */
  readonly servers: readonly Server[];
  /**
   * Does one measurement: tells and records what came of it, and notes what went wrong.
   *
   * @param what is measured, in words
   * @param measure returns undefined where that cannot be measured
   * @param told the figure that is shown while others are still to come
   */
  attempt<R extends Result>(
    what: string,
    measure: () => Promise<R | undefined>,
    told: (result: R) => string,
  ): Promise<R | undefined>;
}

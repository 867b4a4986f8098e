/**
 * The cases of a target tried, one after the other.
 *
 * @module
 */
import { Cases } from "./cases.ts";
import { type Finding, judge } from "./judge.ts";
import type { Target } from "./target.ts";
import type { Watchdog } from "./watchdog.ts";

/** What a run is to do. */
export interface RunOptions {
  /** What the cases follow from. */
  readonly seed: number;
  /** The number of the first case. @default 0 */
  readonly first?: number;
  /** How many cases. @default as many as there is time for */
  readonly cases?: number;
  /** How long, in milliseconds. @default as long as it takes */
  readonly milliseconds?: number;
  /** Told of each case before it is tried. */
  readonly watchdog?: Watchdog;
}

/** A finding with its case. */
export interface FoundCase extends Finding {
  /** The number of the case. */
  readonly number: number;
  /** The case. */
  readonly bytes: Uint8Array;
}

/** What came of a run. */
export interface RunResult {
  /** How many cases were tried. */
  readonly cases: number;
  /** How long that took, in milliseconds. */
  readonly milliseconds: number;
  /** What was found, each key once. */
  readonly found: readonly FoundCase[];
}

/** Tries the cases of a target. */
export async function run(target: Target, options: RunOptions): Promise<RunResult> {
  const { seed, first = 0, cases = Infinity, milliseconds = Infinity, watchdog } = options;
  const made = new Cases(target);
  const found = new Map<string, FoundCase>();
  const start = performance.now();
  let tried = 0;
  for (; tried < cases; tried++) {
    // To look at the clock is not free.
    if (tried % 16 === 0 && performance.now() - start >= milliseconds) break;
    const number = first + tried;
    const bytes = made.of(seed, number);
    watchdog?.begins(target.name, bytes);
    const finding = await judge(target, bytes);
    if (finding && !found.has(finding.key)) found.set(finding.key, { ...finding, number, bytes });
  }
  watchdog?.rests();
  return { cases: tried, milliseconds: performance.now() - start, found: [...found.values()] };
}

/**
 * Runs work with a time limit.
 *
 * @module
 */

import type { Clock } from "../time/clock.ts";

/** Why work failed. */
export interface TimedProblem {
  /** What it threw; the limit, in milliseconds, if it took too long. */
  readonly error: unknown;
  /** What went wrong, in words. */
  readonly reason: string;
  /** Whether it took too long. It may still be running then. */
  readonly late: boolean;
}

/**
 * Runs work and waits for it, up to a time limit.
 *
 * @param clock the clock
 * @param limit the limit, in milliseconds
 * @param work the work
 * @returns what went wrong; undefined if it finished in time
 */
export async function withinTime(
  clock: Clock,
  limit: number,
  work: () => Promise<void>,
): Promise<TimedProblem | undefined> {
  let cancel: (() => void) | undefined;
  // The timer also keeps the process alive: with nothing else to do, the runtime would exit instead of waiting.
  const late = new Promise<"late">((resolve) => cancel = clock.after(limit, () => resolve("late")));
  try {
    if (await Promise.race([work(), late]) !== "late") return undefined;
    return { error: limit, reason: `has not finished after ${limit / 1000} s`, late: true };
  } catch (error) {
    return { error, reason: error instanceof Error ? error.message : String(error), late: false };
  } finally {
    cancel?.();
  }
}

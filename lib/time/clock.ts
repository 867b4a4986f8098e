/**
 * The clock for timeouts and timers, which tests can replace.
 *
 * @module
 */

import * as timers from "node:timers";

/** A clock with timers. */
export interface Clock {
  /** The time in milliseconds, by a monotonic clock. */
  now(): number;
  /**
   * Calls a function once, later.
   *
   * @param milliseconds how much later
   * @param call the function
   * @param background whether the timer does not keep the process alive
   * @returns a function that cancels the call
   */
  after(milliseconds: number, call: () => void, background?: boolean): () => void;
}

/** A timer for longer than this would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The system's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, call, background = false) {
    const time = Math.min(milliseconds, LONGEST_TIMER);
    if (background) return inBackground(time, call);
    const timer = setTimeout(call, time);
    return () => clearTimeout(timer);
  },
};

/**
 * Calls a function later without keeping the process alive, with Node's timers: only they can do that on every runtime.
 */
function inBackground(milliseconds: number, call: () => void): () => void {
  const timer = timers.setTimeout(call, milliseconds);
  timer.unref();
  return () => timers.clearTimeout(timer);
}

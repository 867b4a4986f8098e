/**
 * Time, as those see it who wait for something.
 *
 * @module
 */

import * as timers from "node:timers";

/** Tells the time that has passed, and calls back later. */
export interface Clock {
  /** The time in milliseconds, by a clock that is never set. */
  now(): number;
  /**
   * Calls back once.
   *
   * @param milliseconds how much later
   * @param call what to call
   * @param background whether the process may end before the call
   * @returns calls it off
   */
  after(milliseconds: number, call: () => void, background?: boolean): () => void;
}

/** A timer for longer than this would end at once. */
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

/** Only timers of Node's kind let the process end on every runtime. */
function inBackground(milliseconds: number, call: () => void): () => void {
  const timer = timers.setTimeout(call, milliseconds);
  timer.unref();
  return () => timers.clearTimeout(timer);
}

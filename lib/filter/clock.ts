/**
 * Time, as those see it who wait for something.
 *
 * @module
 */

/** Tells the time that has passed, and calls back later. */
export interface Clock {
  /** The time in milliseconds, by a clock that is never set. */
  now(): number;
  /**
   * Calls back once.
   *
   * @param milliseconds how much later
   * @returns calls it off
   */
  after(milliseconds: number, call: () => void): () => void;
}

/** The system's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
};

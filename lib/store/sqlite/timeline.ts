/**
 * The time for the lifetimes of a file's entries: it never goes back and never jumps while the file is open, whatever
 * happens to the system's clock.
 *
 * @module
 */

import type { Clock } from "../../time/clock.ts";

/** A time that only moves forward, across restarts too. */
export class Timeline {
  readonly #clock: Clock;
  readonly #ahead: number;

  /**
   * @param clock the monotonic clock that moves it
   * @param today the system's time, in milliseconds since 1970
   * @param latest the last time that was stored; if the system's time is earlier, time continues from there
   */
  constructor(clock: Clock, today: number, latest: number) {
    this.#clock = clock;
    this.#ahead = Math.max(today, latest) - clock.now();
  }

  /** The time, in whole milliseconds. */
  now(): number {
    return Math.floor(this.#clock.now() + this.#ahead);
  }
}

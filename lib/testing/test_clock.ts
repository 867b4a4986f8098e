/**
 * A clock that a test advances by hand.
 *
 * @module
 */

import type { Clock } from "../time/clock.ts";

/** Captured once, so that a test that replaces the global timers does not stop this clock. */
const { setTimeout } = globalThis;

/**
 * A clock that stands still until a test advances it: time-outs of the chain and timers of filters take no time.
 *
 * @example
 * ```ts
 * import { deliver, TestClock } from "../testing.ts";
 * import { defineFilter } from "../../mod.ts";
 *
 * const slow = defineFilter({ name: "slow", mail: () => new Promise<void>(() => {}) });
 * const clock = new TestClock();
 * const delivery = deliver(slow, { clock });
 * await clock.advance(8000);
 * (await delivery).assertTempfailed();
 * ```
 */
export class TestClock implements Clock {
  #now = 0;
  readonly #calls = new Set<{ readonly at: number; readonly call: () => void }>();

  /** The time in milliseconds; 0 at first. */
  now(): number {
    return this.#now;
  }

  /**
   * Calls a function once, when the clock has been advanced by the given time.
   *
   * @param milliseconds how much
   * @param call the function
   * @returns a function that cancels the call
   */
  after(milliseconds: number, call: () => void): () => void {
    const entry = { at: this.#now + Math.max(0, milliseconds), call };
    this.#calls.add(entry);
    return () => void this.#calls.delete(entry);
  }

  /**
   * Advances the time, and calls what is due, the earliest first. Before, between and after these calls, pending work
   * of the process runs until it waits for the clock, or for something outside the process, such as a file or the
   * network, which this method does not wait for.
   *
   * @param milliseconds by how much, 0 or more; 0 only lets pending work run
   * @throws {RangeError} for a time below 0
   */
  async advance(milliseconds: number): Promise<void> {
    if (!(milliseconds >= 0)) {
      throw new RangeError(`Cannot advance a clock by ${milliseconds} milliseconds: want 0 or more`);
    }
    const until = this.#now + milliseconds;
    while (true) {
      await settled();
      // Calls that are due at the same time are made in the order in which they were requested.
      const [due] = [...this.#calls].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (!due) break;
      this.#calls.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.call();
    }
    this.#now = Math.max(this.#now, until);
  }
}

/** Resolves when all promises that can settle have settled. */
async function settled(): Promise<void> {
  // `deno test` calls a timer that is due before it goes on with promises of a module that has just been evaluated.
  for (let turn = 0; turn < 2; turn++) await new Promise<void>((resolve) => void setTimeout(resolve));
}

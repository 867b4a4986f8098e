/**
 * Work that a filter does repeatedly.
 *
 * @module
 */

import type { Logger } from "../filter/logger.ts";
import { parseDuration } from "../options/quantities.ts";
import { InvalidSettingError } from "../options/settings.ts";
import type { Clock } from "../time/clock.ts";

/** The longest interval, in milliseconds: the runtimes' timers cannot wait longer. */
const LONGEST = 24 * 24 * 60 * 60 * 1000;

/** The timers of one filter. */
export class Timers {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #name: string;
  readonly #cancels = new Set<() => void>();
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  /**
   * @param clock the clock
   * @param name the filter's name, for errors
   * @param log receives errors of work that fails
   */
  constructor(clock: Clock, name: string, log: Logger) {
    this.#clock = clock;
    this.#name = name;
    this.#log = log;
  }

  /** See `every` of `FilterKit`. */
  every(interval: string | number, work: () => void | Promise<void>): void {
    const milliseconds = this.#milliseconds(interval);
    const later = (): void => {
      if (this.#stopped) return;
      const cancel = this.#clock.after(milliseconds, () => {
        this.#cancels.delete(cancel);
        const run = this.#run(interval, work).then(() => {
          this.#running.delete(run);
          later();
        });
        this.#running.add(run);
      }, true);
      this.#cancels.add(cancel);
    };
    later();
  }

  /** Starts no more work, and resolves when running work has finished. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
    await Promise.all(this.#running);
  }

  async #run(interval: string | number, work: () => void | Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // The kit's signal ended it, as intended.
      if (this.#stopped && error instanceof Error && error.name === "AbortError") return;
      const reason = error instanceof Error ? error.message : String(error);
      const shown = typeof interval === "number" ? `${interval} ms` : interval;
      this.#log.error(`its work of every ${shown} failed: ${reason}`, {
        ...(error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {}),
      });
    }
  }

  #milliseconds(interval: string | number): number {
    const fail = (reason: string): never => {
      throw new InvalidSettingError(
        `filter ${this.#name}`,
        "every",
        interval,
        `every ${interval}: ${reason}`,
      );
    };
    if (typeof interval === "string") return parseDuration(interval, { min: 1, max: LONGEST }, fail);
    return interval >= 1 && interval <= LONGEST ? interval : fail("want 1 millisecond to 24 days");
  }
}

/**
 * Limits how many tasks run at a time.
 *
 * @module
 */

/** Limits how many tasks run at a time; the others wait, first come, first served. */
export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param most the maximum number of tasks at a time */
  constructor(most: number) {
    this.#free = most;
  }

  /** Runs a task when its turn comes. Returns what it returns, and throws what it throws. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The turn passes directly to the next task, so that no newcomer gets it first.
      if (next) next();
      else this.#free++;
    }
  }
}

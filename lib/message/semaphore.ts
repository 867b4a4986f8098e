/**
 * Work of which only so much goes on at a time.
 *
 * @module
 */

/** Lets so many pieces of work go on at a time; who comes later waits, first come, first served. */
export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param most how many go on at a time */
  constructor(most: number) {
    this.#free = most;
  }

  /** Does the work when its turn has come. Gives what it gives, and throws what it throws. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The turn is handed on: nobody who comes meanwhile gets it first.
      if (next) next();
      else this.#free++;
    }
  }
}

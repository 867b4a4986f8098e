/**
 * Tracks callbacks that are still running after their time-out.
 *
 * @module
 */

/** Work whose result nobody waits for. Abort and close callbacks wait for it, so that they do not overlap with it. */
export class LateWork {
  /** Settled when all of it has finished; undefined if there is none. Never rejects. */
  done: Promise<unknown> | undefined;

  /**
   * Adds a running callback.
   *
   * @param pending the callback's promise, which must never reject
   */
  add(pending: Promise<unknown>): void {
    const done: Promise<unknown> = Promise.all([this.done, pending]).then(() => {
      if (this.done === done) this.done = undefined;
    });
    this.done = done;
  }
}

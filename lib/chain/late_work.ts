/**
 * Callbacks that are still at work after their time.
 *
 * @module
 */

/** Work that nobody waits for any more, but what must not overlap with it. */
export class LateWork {
  /** Settled when all of it is done; undefined where there is none. Never rejects. */
  done: Promise<unknown> | undefined;

  /** @param pending never rejects */
  add(pending: Promise<unknown>): void {
    const done: Promise<unknown> = Promise.all([this.done, pending]).then(() => {
      if (this.done === done) this.done = undefined;
    });
    this.done = done;
  }
}

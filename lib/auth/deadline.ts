/**
 * Ends work that takes too long.
 *
 * @module
 */
import { countLookupsFor } from "../dns/lookup_slots.ts";
import type { Clock } from "../time/clock.ts";

/** A time by which a check must end. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #callOff: () => void;
  readonly #outer: AbortSignal | undefined;
  readonly #onAbort = (): void => this.#controller.abort("the check was aborted");

  /**
   * Begins the time.
   *
   * @param milliseconds how long the check may take
   * @param clock the clock for it
   * @param signal ends it earlier
   */
  constructor(milliseconds: number, clock: Clock, signal?: AbortSignal) {
    this.#callOff = clock.after(milliseconds, () => this.#controller.abort("the check took too long"));
    this.#outer = signal;
    if (signal !== undefined) countLookupsFor(this.#controller.signal, signal);
    if (signal?.aborted) this.#onAbort();
    signal?.addEventListener("abort", this.#onAbort);
  }

  /** Aborts when time is up. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why the check ended; undefined while there is time. */
  get reason(): string | undefined {
    const { aborted, reason } = this.#controller.signal;
    return aborted ? String(reason) : undefined;
  }

  /** Rejects when time is up, even if whoever works takes no notice of the signal. */
  inTime<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#controller;
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(signal.reason);
      if (signal.aborted) giveUp();
      signal.addEventListener("abort", giveUp, { once: true });
      work.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
    });
  }

  /** Ends the time; to be called once the check is over. */
  end(): void {
    this.#callOff();
    this.#outer?.removeEventListener("abort", this.#onAbort);
  }
}

/**
 * Ends work that takes too long.
 *
 * @module
 */
import { countLookupsFor } from "../dns/lookup_slots.ts";
import type { Clock } from "../time/clock.ts";

const ABORTED = "the check was aborted";

/** A time by which a check must end. It uses no timer until something is waited for: most answers are in a cache. */
export class Deadline {
  readonly #clock: Clock;
  readonly #end: number;
  readonly #outer: AbortSignal | undefined;
  #watch: Watch | undefined;
  #ended = false;

  /**
   * Begins the time.
   *
   * @param milliseconds how long the check may take
   * @param clock the clock for it
   * @param signal ends it earlier
   */
  constructor(milliseconds: number, clock: Clock, signal?: AbortSignal) {
    this.#clock = clock;
    this.#end = clock.now() + milliseconds;
    this.#outer = signal;
  }

  /** Aborts when time is up. */
  get signal(): AbortSignal {
    return this.#watched().signal;
  }

  /** Why the check ended; undefined while there is time. */
  get reason(): string | undefined {
    if (this.#watch === undefined) return this.#outer?.aborted ? ABORTED : undefined;
    const { aborted, reason } = this.#watch.signal;
    return aborted ? String(reason) : undefined;
  }

  /** Rejects when time is up, even if the work ignores the signal. */
  inTime<T>(work: Promise<T>): Promise<T> {
    return Promise.race([this.#watched().expired, work]);
  }

  /** Ends the time; to be called once the check is over. */
  end(): void {
    this.#ended = true;
    this.#watch?.end();
  }

  #watched(): Watch {
    if (this.#watch === undefined) {
      this.#watch = watch(this.#end - this.#clock.now(), this.#clock, this.#outer);
      // Work may continue after a check is over, as with the hosts of mx.
      if (this.#ended) this.#watch.end();
    }
    return this.#watch;
  }
}

/** What ends the work. */
interface Watch {
  readonly signal: AbortSignal;
  /** Rejects when the signal aborts. */
  readonly expired: Promise<never>;
  readonly end: () => void;
}

function watch(milliseconds: number, clock: Clock, outer: AbortSignal | undefined): Watch {
  const controller = new AbortController();
  const { signal } = controller;
  const expired = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  // Time may be up when nobody waits.
  expired.catch(() => {});
  const onAbort = (): void => controller.abort(ABORTED);
  const callOff = clock.after(Math.max(0, milliseconds), () => controller.abort("the check took too long"));
  if (outer !== undefined) {
    countLookupsFor(signal, outer);
    outer.addEventListener("abort", onAbort);
    if (outer.aborted) onAbort();
  }
  const end = (): void => {
    callOff();
    outer?.removeEventListener("abort", onAbort);
  };
  return { signal, expired, end };
}

/**
 * Decides when the next message starts.
 *
 * @module
 */

/** Longest warm-up, in milliseconds: a slow milter needs none. */
const MOST_WARM_UP = 2000;

/** How much to send. */
export interface LoadPlan {
  /** Number of warm-up messages, which do not count; fewer if they take more than two seconds. */
  readonly warmUp: number;
  /** Number of messages that count; undefined if only `time` limits them. */
  readonly messages?: number | undefined;
  /** How long to start messages that count, in milliseconds; undefined if only `messages` limits them. */
  readonly time?: number | undefined;
  /** Messages per second; undefined for as many as the milter can handle. */
  readonly rate?: number | undefined;
}

/** What to do now: start a message, wait, or (undefined) nothing more. */
export type Turn =
  /** Start a message. It was due at `at`, which is not in the future. */
  | { readonly at: number; readonly counts: boolean }
  /** Wait for so many milliseconds. */
  | { readonly wait: number }
  | undefined;

/**
 * Hands out the starts of messages. The caller passes the time, in milliseconds on any clock.
 *
 * With a rate, each message has a time at which it should start, whether or not a connection is free. Latency that
 * counts from there includes the wait behind a slow message.
 */
export class Schedule {
  /** Number of messages started that count. */
  started = 0;
  readonly #plan: LoadPlan;
  #warmedUp = 0;
  #given = 0;
  /** When the first message was due. Other times are relative to it: adding to the clock's large numbers rounds. */
  #origin: number | undefined;
  #began: number | undefined;

  /** @param plan how much to send */
  constructor(plan: LoadPlan) {
    this.#plan = plan;
  }

  /** When the first message that counts was due; undefined before it has started. */
  get began(): number | undefined {
    return this.#origin === undefined || this.#began === undefined ? undefined : this.#origin + this.#began;
  }

  /**
   * Takes the next start.
   *
   * @param now the time, in milliseconds
   */
  next(now: number): Turn {
    if (this.done(now)) return undefined;
    this.#origin ??= now;
    const elapsed = now - this.#origin;
    const due = this.#due ?? elapsed;
    if (due > elapsed) return { wait: due - elapsed };
    const at = this.#origin + due;
    this.#given++;
    if (this.#warmedUp < this.#plan.warmUp && due < MOST_WARM_UP) {
      this.#warmedUp++;
      return { at, counts: false };
    }
    this.#began ??= due;
    this.started++;
    return { at, counts: true };
  }

  /** Whether no more messages will start. */
  done(now: number): boolean {
    const { messages } = this.#plan;
    if (messages !== undefined && this.started >= messages) return true;
    if (this.#origin === undefined || this.#end === undefined) return false;
    return Math.max(now - this.#origin, this.#due ?? 0) >= this.#end;
  }

  /**
   * Counts the messages that should have started and have not: how far a milter is behind the rate.
   *
   * @param now the time, in milliseconds
   */
  behind(now: number): number {
    const { rate, messages } = this.#plan;
    if (rate === undefined || this.#origin === undefined) return 0;
    const elapsed = now - this.#origin;
    const due = Math.ceil(Math.min(elapsed, this.#end ?? elapsed) * rate / 1000);
    return Math.max(
      0,
      Math.min(due, messages === undefined ? due : messages + this.#warmedUp) - this.#given,
    );
  }

  /** When the next message should start; undefined without a rate. */
  get #due(): number | undefined {
    const { rate } = this.#plan;
    return rate === undefined ? undefined : this.#given * 1000 / rate;
  }

  /** When the time is up; undefined if it is not limited or has not begun. */
  get #end(): number | undefined {
    const { time } = this.#plan;
    return time === undefined || this.#began === undefined ? undefined : this.#began + time;
  }
}

/**
 * When the next message is to start.
 *
 * @module
 */

/** Longest time of a warm-up, in milliseconds: a slow filter needs none. */
const MOST_WARM_UP = 2000;

/** How much is to be sent. */
export interface LoadPlan {
  /** Messages before those that count; fewer where they take more than two seconds. */
  readonly warmUp: number;
  /** Messages that count; undefined where time alone limits them. */
  readonly messages?: number | undefined;
  /** How long messages that count may start, in milliseconds; undefined where only their number is limited. */
  readonly time?: number | undefined;
  /** Messages a second; undefined for as many as the filter can take. */
  readonly rate?: number | undefined;
}

/** What is to be done now: start a message, wait, or nothing more. */
export type Turn =
  /** A message that ought to start at `at`, which is now or is past. */
  | { readonly at: number; readonly counts: boolean }
  /** Nothing before that time. */
  | { readonly wait: number }
  | undefined;

/**
 * Gives out the starts of messages. Time is an argument: milliseconds since whenever.
 *
 * With a rate each message has a time of its own at which it ought to start, whether or not a connection is free then;
 * who counts latency from there does not overlook the messages that waited for a slow one.
 */
export class Schedule {
  /** How many messages were started that count. */
  started = 0;
  readonly #plan: LoadPlan;
  #warmedUp = 0;
  #given = 0;
  /** When the first message was due; the times below are counted from it, for what is added to a clock is rounded. */
  #origin: number | undefined;
  #began: number | undefined;

  /** @param plan how much is to be sent */
  constructor(plan: LoadPlan) {
    this.#plan = plan;
  }

  /** When the first message that counts was started; undefined before. */
  get began(): number | undefined {
    return this.#origin === undefined || this.#began === undefined ? undefined : this.#origin + this.#began;
  }

  /**
   * Takes the next start.
   *
   * @param now the time
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

  /** Whether no message is to be started any more. */
  done(now: number): boolean {
    const { messages } = this.#plan;
    if (messages !== undefined && this.started >= messages) return true;
    if (this.#origin === undefined || this.#end === undefined) return false;
    return Math.max(now - this.#origin, this.#due ?? 0) >= this.#end;
  }

  /**
   * How many messages ought to have started by then, and have not: what a filter is behind its rate.
   *
   * @param now the time
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

  /** When the next message ought to start; undefined without a rate. */
  get #due(): number | undefined {
    const { rate } = this.#plan;
    return rate === undefined ? undefined : this.#given * 1000 / rate;
  }

  /** When the time is over. */
  get #end(): number | undefined {
    const { time } = this.#plan;
    return time === undefined || this.#began === undefined ? undefined : this.#began + time;
  }
}

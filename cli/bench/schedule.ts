/**
 * When the next message is to start.
 *
 * @module
 */

/** Longest time of a warm-up, in milliseconds: a slow filter needs none. */
const MOST_WARM_UP = 2000;

/** How much is to be sent. */
export interface Plan {
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
  /** When the first message that counts was started; undefined before. */
  began: number | undefined;
  readonly #plan: Plan;
  #warmedUp = 0;
  #given = 0;
  #origin: number | undefined;

  /** @param plan how much is to be sent */
  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /**
   * Takes the next start.
   *
   * @param now the time
   */
  next(now: number): Turn {
    if (this.done(now)) return undefined;
    this.#origin ??= now;
    const at = this.#due ?? now;
    if (at > now) return { wait: at - now };
    this.#given++;
    if (this.#warmedUp < this.#plan.warmUp && at - this.#origin < MOST_WARM_UP) {
      this.#warmedUp++;
      return { at, counts: false };
    }
    this.began ??= at;
    this.started++;
    return { at, counts: true };
  }

  /** Whether no message is to be started any more. */
  done(now: number): boolean {
    const { messages } = this.#plan;
    if (messages !== undefined && this.started >= messages) return true;
    return this.#end !== undefined && Math.max(now, this.#due ?? now) >= this.#end;
  }

  /**
   * How many messages ought to have started by then, and have not: what a filter is behind its rate.
   *
   * @param now the time
   */
  behind(now: number): number {
    const { rate, messages } = this.#plan;
    if (rate === undefined || this.#origin === undefined) return 0;
    const due = Math.ceil((Math.min(now, this.#end ?? now) - this.#origin) * rate / 1000);
    const given = this.#given;
    return Math.max(0, Math.min(due, messages === undefined ? due : messages + this.#warmedUp) - given);
  }

  /** When the next message ought to start; undefined without a rate, and before the first. */
  get #due(): number | undefined {
    const { rate } = this.#plan;
    return rate === undefined || this.#origin === undefined
      ? undefined
      : this.#origin + this.#given * 1000 / rate;
  }

  /** When the time is over. */
  get #end(): number | undefined {
    const { time } = this.#plan;
    return time === undefined || this.began === undefined ? undefined : this.began + time;
  }
}

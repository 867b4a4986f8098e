/**
 * How long filters may take: each callback, all of them at one event, and all that the MTA has sent and not had an
 * answer to.
 *
 * An MTA that waits for no answer sends on while the filters are at work, and loses patience later, at the next event
 * that is answered. What counts there is the time since the filters first made it wait: they have been busy all along.
 * The clock is only looked at where a callback takes its time.
 *
 * @module
 */

import type { Clock } from "../time/clock.ts";
import type { ChainTimeouts } from "./chain_options.ts";
import { EventBit } from "../protocol/events.ts";
import { callbackOf } from "./callback_events.ts";

/** How long one callback may take. */
export interface Allowance {
  /** In milliseconds; 0 or less where its time is over. */
  readonly milliseconds: number;
  /** The time-out that this is the rest of, where others took their share of it; undefined: it is the callback's own. */
  readonly restOf: number | undefined;
}

/** Stands for negotiation, which is always answered, before any event. */
export const NEGOTIATION = 0;

const BEFORE_END = EventBit.eom - 1 | EventBit.unknown;

/** Every event, as `EventBit`: what is answered before anything else was agreed. */
export const ALL_ANSWERED: number = BEFORE_END | EventBit.eom;

/** The time that the filters of one connection have. */
export class Budget {
  readonly #timeouts: Required<ChainTimeouts>;
  readonly #clock: Clock;
  /** Since when the MTA may be waiting; undefined where all that it sent is worked off. */
  #since: number | undefined;
  /** When the event at hand first had to wait; undefined where it has not. */
  #eventSince: number | undefined;

  /**
   * @param timeouts how long things may take
   * @param clock what tells the time
   */
  constructor(timeouts: Required<ChainTimeouts>, clock: Clock) {
    this.#timeouts = timeouts;
    this.#clock = clock;
  }

  /** Told when all that the MTA sent is worked off: what comes next has the whole time. */
  caughtUp(): void {
    this.#since = undefined;
  }

  /** Told when an event begins. */
  eventBegins(): void {
    this.#eventSince = undefined;
  }

  /** Told when something takes its time, so that the MTA may have to wait from here on. */
  waits(): void {
    this.#since ??= this.#clock.now();
  }

  /**
   * How long a callback may take.
   *
   * @param event the event at hand, as `EventBit`; at the end of the message all callbacks are those of `eom`
   * @param own the callback's own time, in milliseconds
   * @param answered the events that the MTA waits at for an answer, as `EventBit`
   */
  allowance(event: number, own: number, answered: number): Allowance {
    const now = this.#clock.now();
    const since = this.#since ??= now;
    const whole = this.#wholeAt(callbackOf(event), answered);
    const left = since + whole - now;
    if (event === EventBit.eom) return least(own, left, whole);
    const { callback } = this.#timeouts;
    const leftOfEvent = (this.#eventSince ??= now) + callback - now;
    return leftOfEvent <= left ? least(own, leftOfEvent, callback) : least(own, left, whole);
  }

  /** How long all may take together that is unanswered at an event. */
  #wholeAt(event: number, answered: number): number {
    return event !== EventBit.eom && (answered & answersFrom(event)) !== 0
      ? this.#timeouts.callback
      : this.#timeouts.message;
  }
}

/** The events from one on, up to the end of the message, at which the MTA could come to wait for an answer. */
function answersFrom(event: number): number {
  // An unknown command may come between any two SMTP commands.
  if (event === EventBit.unknown) return BEFORE_END;
  const unknown = event <= EventBit.data ? EventBit.unknown : 0;
  return (EventBit.eom - Math.max(event, 1)) | unknown;
}

function least(own: number, left: number, of: number): Allowance {
  return own <= left ? { milliseconds: own, restOf: undefined } : { milliseconds: left, restOf: of };
}

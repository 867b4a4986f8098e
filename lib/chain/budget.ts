/**
 * Time limits for filters: for each callback, for all callbacks at one event, and for everything the MTA has sent
 * without getting a reply.
 *
 * An MTA that expects no reply to an event keeps sending while the filters are working, and its time-out only runs at
 * the next event that it expects a reply to. So time counts from the moment the filters first fell behind.
 * The clock is read only when a callback is asynchronous.
 *
 * @module
 */

import type { Clock } from "../time/clock.ts";
import type { ChainTimeouts } from "./chain_options.ts";
import { EventBit } from "../protocol/events.ts";
import { callbackOf } from "./callback_events.ts";

/** How long one callback may take. */
export interface Allowance {
  /** In milliseconds; 0 or less if the time is used up. */
  readonly milliseconds: number;
  /** The shared time-out that this is the remainder of, in milliseconds; undefined if it is the callback's own. */
  readonly restOf: number | undefined;
}

/** Represents negotiation, which comes before any event and always gets a reply. */
export const NEGOTIATION = 0;

const BEFORE_END = EventBit.eom - 1 | EventBit.unknown;

/** Every event, as `EventBit`: before negotiation, all of them get a reply. */
export const ALL_ANSWERED: number = BEFORE_END | EventBit.eom;

/** The time limits of the filters on one connection. */
export class Budget {
  readonly #timeouts: Required<ChainTimeouts>;
  readonly #clock: Clock;
  /** Since when the MTA may be waiting; undefined if everything it sent has been processed. */
  #since: number | undefined;
  /** When the current event first had to wait; undefined if it has not. */
  #eventSince: number | undefined;

  /**
   * @param timeouts the time-outs, in milliseconds
   * @param clock the clock
   */
  constructor(timeouts: Required<ChainTimeouts>, clock: Clock) {
    this.#timeouts = timeouts;
    this.#clock = clock;
  }

  /** Call when everything the MTA sent has been processed: what comes next gets the full time. */
  caughtUp(): void {
    this.#since = undefined;
  }

  /** Call when an event begins. */
  eventBegins(): void {
    this.#eventSince = undefined;
  }

  /** Call when work becomes asynchronous, so that the MTA may have to wait from this moment. */
  waits(): void {
    this.#since ??= this.#clock.now();
  }

  /**
   * Returns how long a callback may take.
   *
   * @param event the current event, as `EventBit`; at the end of the message it is `eom` for all callbacks
   * @param own the callback's own time-out, in milliseconds
   * @param answered the events at which the MTA waits for a reply, as `EventBit`
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

  /** How long everything that is unanswered at an event may take in total. */
  #wholeAt(event: number, answered: number): number {
    return event !== EventBit.eom && (answered & answersFrom(event)) !== 0
      ? this.#timeouts.callback
      : this.#timeouts.message;
  }
}

/** The events from `event` up to the end of the message, at which the MTA could wait for a reply. */
function answersFrom(event: number): number {
  // An unknown command may come between any two SMTP commands.
  if (event === EventBit.unknown) return BEFORE_END;
  const unknown = event <= EventBit.data ? EventBit.unknown : 0;
  return (EventBit.eom - Math.max(event, 1)) | unknown;
}

function least(own: number, left: number, of: number): Allowance {
  return own <= left ? { milliseconds: own, restOf: undefined } : { milliseconds: left, restOf: of };
}

/**
 * The events of a chain: those of the protocol, and rejected recipients, which share the callback of `rcpt`.
 *
 * @module
 */

import { ANSWERED_EVENTS, type AnsweredEvent, EventBit } from "../protocol/events.ts";

/** A recipient that the MTA itself rejected: calls the `rcpt` callback but ignores its verdict. */
export const REJECTED_RCPT: number = 0x1000 | EventBit.rcpt;

const ALL_CALLBACKS = ANSWERED_EVENTS.reduce((bits, { bit }) => bits | bit, 0);

const NAMES: ReadonlyMap<number, AnsweredEvent> = new Map(
  ANSWERED_EVENTS.map(({ bit, name }) => [bit, name]),
);

/** Returns the event's callback, as `EventBit`. */
export function callbackOf(event: number): number {
  return event & ALL_CALLBACKS;
}

/**
 * Returns the event's name.
 *
 * @throws {RangeError} if there is no such event
 */
export function nameOf(event: number): AnsweredEvent {
  const name = NAMES.get(callbackOf(event));
  if (name === undefined) throw new RangeError(`There is no event ${event}`);
  return name;
}

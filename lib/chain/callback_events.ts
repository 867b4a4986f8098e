/**
 * The events of a chain: those of the protocol, and one that has a callback of another.
 *
 * @module
 */

import { ANSWERED_EVENTS, type AnsweredEvent, EventBit } from "../protocol/events.ts";

/** A recipient that the MTA itself rejected: the callback is that of `rcpt`, but no verdict on it counts. */
export const REJECTED_RCPT: number = 0x1000 | EventBit.rcpt;

const ALL_CALLBACKS = ANSWERED_EVENTS.reduce((bits, { bit }) => bits | bit, 0);

const NAMES: ReadonlyMap<number, AnsweredEvent> = new Map(
  ANSWERED_EVENTS.map(({ bit, name }) => [bit, name]),
);

/** The event's callback, as a bit. */
export function callbackOf(event: number): number {
  return event & ALL_CALLBACKS;
}

/**
 * The event's name.
 *
 * @throws {RangeError} for what is no event
 */
export function nameOf(event: number): AnsweredEvent {
  const name = NAMES.get(callbackOf(event));
  if (name === undefined) throw new RangeError(`There is no event ${event}`);
  return name;
}

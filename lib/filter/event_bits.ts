/**
 * Events as bits.
 *
 * @module
 */

import type { VerdictEvent } from "./filter_terms.ts";

/** Events as bits, so that a set of them is a number. */
export const EventBit = {
  connect: 0x001,
  helo: 0x002,
  mail: 0x004,
  rcpt: 0x008,
  data: 0x010,
  header: 0x020,
  eoh: 0x040,
  body: 0x080,
  eom: 0x100,
  unknown: 0x200,
} as const satisfies Record<VerdictEvent, number>;

/** Events that can be answered with a verdict, by name. */
export const VERDICT_EVENTS = Object.keys(EventBit) as VerdictEvent[];

/** The events that bring the message's content. */
export const CONTENT_EVENTS: number = EventBit.header | EventBit.eoh | EventBit.body;

/** The events that concern the connection. */
export const CONNECTION_EVENTS: number = EventBit.connect | EventBit.helo;

/** A recipient that the MTA itself rejected: the callback is that of `rcpt`, but no verdict on it counts. */
export const REJECTED_RCPT: number = 0x1000 | EventBit.rcpt;

const ALL_CALLBACKS = 0x3ff;

/** The event's callback, as a bit. */
export function callbackOf(event: number): number {
  return event & ALL_CALLBACKS;
}

/** The event's name. */
export function nameOf(event: number): VerdictEvent {
  const callback = callbackOf(event);
  return VERDICT_EVENTS.find((name) => EventBit[name] === callback)!;
}

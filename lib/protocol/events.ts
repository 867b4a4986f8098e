/**
 * The events that can be answered, one row each. All code takes from this table their bits, the protocol bits that
 * leave out an event or its reply, and the stage of their macros.
 *
 * @module
 */

import { Command, type EventName, type MacroStageName, ProtocolFlag } from "./constants.ts";

/** An event that can be answered. */
export type AnsweredEvent = Exclude<EventName, "abort" | "close">;

/** The part of a session that an event belongs to; `aside`: an SMTP command that may come at any time. */
export type SessionPart = "connection" | "envelope" | "content" | "end" | "aside";

/** One event. */
export interface EventSpec {
  /** Its name in the filter API. */
  readonly name: AnsweredEvent;
  /** Its bit, so that a set of events is a number. Bits grow in the order of the table. */
  readonly bit: number;
  /** Its command letter. */
  readonly command: number;
  /** The part of a session that it belongs to. */
  readonly part: SessionPart;
  /** The protocol bit that leaves out the event; 0 if there is none. */
  readonly no: number;
  /** The protocol bit that leaves out its reply; 0 if there is none. */
  readonly nr: number;
  /** The first protocol version that has it. */
  readonly since: number;
  /** The stage whose list its macros come from. Postfix sends macros before HEADER and BODY too. */
  readonly macros: MacroStageName | undefined;
}

type Row = readonly [
  name: AnsweredEvent,
  command: number,
  part: SessionPart,
  no: number,
  nr: number,
  since: number,
  macros: MacroStageName | undefined,
];

const { NO_CONNECT, NO_HELO, NO_MAIL, NO_RCPT, NO_DATA, NO_HEADERS, NO_EOH, NO_BODY, NO_UNKNOWN } =
  ProtocolFlag;
const { NR_CONNECT, NR_HELO, NR_MAIL, NR_RCPT, NR_DATA, NR_HEADER, NR_EOH, NR_BODY, NR_UNKNOWN } =
  ProtocolFlag;

/** In the order of SMTP, then the one that may come at any time. */
const ROWS: readonly Row[] = [
  ["connect", Command.CONNECT, "connection", NO_CONNECT, NR_CONNECT, 2, "connect"],
  ["helo", Command.HELO, "connection", NO_HELO, NR_HELO, 2, "helo"],
  ["mail", Command.MAIL, "envelope", NO_MAIL, NR_MAIL, 2, "mail"],
  ["rcpt", Command.RCPT, "envelope", NO_RCPT, NR_RCPT, 2, "rcpt"],
  ["data", Command.DATA, "envelope", NO_DATA, NR_DATA, 4, "data"],
  ["header", Command.HEADER, "content", NO_HEADERS, NR_HEADER, 2, "eoh"],
  ["eoh", Command.EOH, "content", NO_EOH, NR_EOH, 2, "eoh"],
  ["body", Command.BODY, "content", NO_BODY, NR_BODY, 2, "eom"],
  ["eom", Command.BODYEOB, "end", 0, 0, 2, "eom"],
  ["unknown", Command.UNKNOWN, "aside", NO_UNKNOWN, NR_UNKNOWN, 3, undefined],
];

/** The events that an MTA sends as packets of their own and that can be answered, in the order of a session. */
export const ANSWERED_EVENTS: readonly EventSpec[] = ROWS.map((
  [name, command, part, no, nr, since, macros],
  i,
) => ({ name, bit: 1 << i, command, part, no, nr, since, macros }));

/** The names of these events. */
export const EVENT_NAMES: readonly AnsweredEvent[] = ANSWERED_EVENTS.map(({ name }) => name);

/** Their bits, by name. */
export const EventBit: Readonly<Record<AnsweredEvent, number>> = Object.fromEntries(
  ANSWERED_EVENTS.map(({ name, bit }) => [name, bit]),
) as Record<AnsweredEvent, number>;

/** The events that concern the connection, as bits. */
export const CONNECTION_EVENTS: number = bitsOf("connection");

/** The events that bring a message's content, as bits. */
export const CONTENT_EVENTS: number = bitsOf("content");

/** The events of a message, from its sender to its end, as bits. */
export const MESSAGE_EVENTS: number = bitsOf("envelope") | CONTENT_EVENTS | bitsOf("end");

const BY_COMMAND: ReadonlyMap<number, EventSpec> = new Map(
  ANSWERED_EVENTS.map((spec) => [spec.command, spec]),
);
const BY_NAME: ReadonlyMap<string, EventSpec> = new Map(ANSWERED_EVENTS.map((spec) => [spec.name, spec]));

/** The event of a command letter; undefined for packets that are not events, such as macros and QUIT. */
export function eventOf(command: number): EventSpec | undefined {
  return BY_COMMAND.get(command);
}

/** The row of an event; undefined for one that is never answered: abort and close. */
export function specOf(event: EventName): EventSpec | undefined {
  return BY_NAME.get(event);
}

/** The command letter of an event; -1 for one that has no macros: abort and close. */
export function commandOf(event: EventName): number {
  return specOf(event)?.command ?? -1;
}

function bitsOf(part: SessionPart): number {
  return ANSWERED_EVENTS.reduce((bits, spec) => spec.part === part ? bits | spec.bit : bits, 0);
}

/**
 * Matches a filter's answers to an MTA's questions, for observers of a connection.
 *
 * @module
 */

import { decode, type PacketValues, replies } from "./codec.ts";
import { ANSWERED_EVENTS, Command, type EventName, type EventSpec, Reply } from "./constants.ts";

/** A filter's answer to the negotiation. */
export type Terms = PacketValues<typeof replies.optneg>;

/** An event that the MTA waits for an answer to. */
export interface Question {
  /** The event. */
  readonly event: EventName | "negotiate";
  /** When it was asked, in milliseconds. */
  readonly asked: number;
}

/** The role of a packet from the filter. */
export interface PacketRole {
  /** What it answers; undefined where no answer was due. */
  readonly to: Question | undefined;
  /** Whether it ends the question; progress and changes of the message do not. */
  readonly last: boolean;
}

/** Every event that can be answered, by its command letter. */
const SPECS: ReadonlyMap<number, EventSpec> = new Map(ANSWERED_EVENTS.map((spec) => [spec.command, spec]));

/** Packets that stand before an answer. */
const BEFORE_ANSWER: ReadonlySet<number> = new Set([
  Reply.PROGRESS,
  Reply.ADD_HEADER,
  Reply.INSERT_HEADER,
  Reply.CHANGE_HEADER,
  Reply.ADD_RCPT,
  Reply.ADD_RCPT_PAR,
  Reply.DELETE_RCPT,
  Reply.CHANGE_FROM,
  Reply.REPLACE_BODY,
  Reply.QUARANTINE,
]);

/** The event of a command letter; undefined for what is none, such as macros and QUIT. */
export function eventOf(command: number): EventSpec | undefined {
  return SPECS.get(command);
}

/** Whether a packet of the filter's ends the question at hand. */
export function endsQuestion(command: number): boolean {
  return !BEFORE_ANSWER.has(command);
}

/** Whether a filter wants an event, by what it negotiated. */
export function wantsEvent(spec: EventSpec, terms: Terms): boolean {
  return spec.since <= terms.version && (terms.protocol & spec.no) === 0;
}

/** Whether a filter answers an event, by what it negotiated. */
export function answersEvent(spec: EventSpec, terms: Terms | undefined): boolean {
  return terms === undefined || (terms.protocol & spec.nr) === 0;
}

/** How a verdict, by its event and its packet, concerns what follows, as MTAs have it. */
export function scopeOfVerdict(
  event: EventName | "negotiate",
  command: number,
  payload: Uint8Array,
): "nothing" | "message" | "connection" {
  if (command === Reply.CONTINUE || command === Reply.SKIP || command === Reply.OPTNEG) return "nothing";
  if (command === Reply.SHUTDOWN || command === Reply.CONNECTION_FAIL || is421(command, payload)) {
    return "connection";
  }
  const decides = command === Reply.ACCEPT || command === Reply.DISCARD;
  switch (event) {
    case "negotiate":
      return "connection";
    case "connect":
    case "helo":
      return command === Reply.DISCARD ? "nothing" : "connection";
    case "rcpt":
      return decides ? "message" : "nothing";
    case "unknown":
      return "nothing";
    default:
      return "message";
  }
}

function is421(command: number, payload: Uint8Array): boolean {
  return command === Reply.REPLY_CODE && payload[0] === 0x34 && payload[1] === 0x32 && payload[2] === 0x31;
}

/** Follows one connection. */
export class ExchangeTracker {
  /** What was negotiated, once it was. */
  terms: Terms | undefined;
  /** Whether a message is under way. */
  inMessage = false;
  readonly #open: Question[] = [];

  /** How many questions wait for their answer. */
  get open(): number {
    return this.#open.length;
  }

  /**
   * Takes a packet of the MTA's.
   *
   * @param command its letter
   * @param now the time in milliseconds
   * @returns the question that it is; undefined where no answer is due
   */
  mta(command: number, now: number): Question | undefined {
    if (command === Command.OPTNEG) return this.#ask("negotiate", now);
    if (command === Command.ABORT || command === Command.QUIT || command === Command.QUIT_NC) {
      this.inMessage = false;
    }
    const spec = SPECS.get(command);
    if (spec === undefined) return undefined;
    if (spec.name !== "connect" && spec.name !== "helo" && spec.name !== "unknown") this.inMessage = true;
    return answersEvent(spec, this.terms) ? this.#ask(spec.name, now) : undefined;
  }

  /**
   * Takes a packet of the filter's.
   *
   * @param command its letter
   * @param payload what stands behind the letter
   */
  milter(command: number, payload: Uint8Array): PacketRole {
    if (!endsQuestion(command)) return { to: this.#open[0], last: false };
    const to = this.#open.shift();
    if (command === Reply.OPTNEG) this.#negotiated(payload);
    if (to?.event === "eom" || (to && scopeOfVerdict(to.event, command, payload) !== "nothing")) {
      this.inMessage = false;
    }
    return { to, last: true };
  }

  #ask(event: Question["event"], asked: number): Question {
    const question = { event, asked };
    this.#open.push(question);
    return question;
  }

  #negotiated(payload: Uint8Array): void {
    try {
      this.terms = decode(replies.optneg, payload, 0, payload.length);
    } catch {
      // Then there are no terms to go by, and every event counts as one that is answered.
    }
  }
}

/**
 * Matches a filter's answers to an MTA's questions, for observers of a connection.
 *
 * @module
 */

import { decode, type PacketValues, replies } from "./codec.ts";
import { Command, Reply } from "./constants.ts";
import { type AnsweredEvent, eventOf, type EventSpec, MESSAGE_EVENTS } from "./events.ts";
import { latin1Text } from "./text.ts";
import { answerScope, hangUpOf, type VerdictKind, verdictOf } from "./verdict_scope.ts";

/** A filter's answer to the negotiation. */
export type Terms = PacketValues<typeof replies.optneg>;

/** An event that the MTA waits for an answer to. */
export interface Question {
  /** The event. */
  readonly event: AnsweredEvent | "negotiate";
  /** When it was asked, in milliseconds. */
  readonly asked: number;
}

/** The role of a packet from the filter. */
export interface PacketRole {
  /** What it answers; undefined if no answer was due. */
  readonly to: Question | undefined;
  /** Whether it ends the question; progress packets and changes to the message do not. */
  readonly last: boolean;
}

/** Packets that may precede an answer. */
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

/** Whether a packet from the filter ends the current question. */
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

/** The verdict that a packet from the filter amounts to; undefined for a packet that is not an answer. */
export function verdictOfPacket(command: number, payload: Uint8Array): VerdictKind | undefined {
  return verdictOf(command, replyCode(command, payload));
}

/** The code of a packet that is an SMTP reply. */
function replyCode(command: number, payload: Uint8Array): number | undefined {
  return command === Reply.REPLY_CODE ? Number(latin1Text(payload.subarray(0, 3))) : undefined;
}

/**
 * The scope of a packet that answers an event, as MTAs interpret it.
 *
 * @param event the event
 * @param command the packet's letter
 * @param payload the bytes after the letter
 */
export function scopeOfPacket(
  event: AnsweredEvent | "negotiate",
  command: number,
  payload: Uint8Array,
): ReturnType<typeof answerScope> {
  if (command === Reply.OPTNEG) return "nothing";
  // An invalid answer means that the filter failed; MTAs then tempfail by default.
  const verdict = verdictOfPacket(command, payload) ?? "tempfail";
  return answerScope(event, verdict, replyCode(command, payload), hangUpOf(command));
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
   * Takes a packet from the MTA.
   *
   * @param command its letter
   * @param now the time in milliseconds
   * @returns the question that it asks; undefined if no answer is due
   */
  mta(command: number, now: number): Question | undefined {
    if (command === Command.OPTNEG) return this.#ask("negotiate", now);
    if (command === Command.ABORT || command === Command.QUIT || command === Command.QUIT_NC) {
      this.inMessage = false;
    }
    const spec = eventOf(command);
    if (spec === undefined) return undefined;
    if (spec.bit & MESSAGE_EVENTS) this.inMessage = true;
    return answersEvent(spec, this.terms) ? this.#ask(spec.name, now) : undefined;
  }

  /**
   * Takes a packet from the filter.
   *
   * @param command its letter
   * @param payload the bytes after the letter
   */
  milter(command: number, payload: Uint8Array): PacketRole {
    if (!endsQuestion(command)) return { to: this.#open[0], last: false };
    const to = this.#open.shift();
    if (command === Reply.OPTNEG) this.#negotiated(payload);
    const scope = to && scopeOfPacket(to.event, command, payload);
    if (scope === "message" || scope === "connection") this.inMessage = false;
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
      // Then there are no terms, and every event counts as answered.
    }
  }
}

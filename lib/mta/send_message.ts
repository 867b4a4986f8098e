/**
 * Sends a message to a filter event by event, from MAIL to its end, as an MTA does.
 *
 * @module
 */

import { BODY_CHUNK, type EventName } from "../protocol/constants.ts";
import type { AnsweredEvent } from "../protocol/events.ts";
import { bareAddress } from "../message/envelope.ts";
import type { HeaderField } from "../message/header.ts";
import type { MtaKind } from "../message/mta.ts";
import { type ParsedMessage, parseMessage } from "../message/parse.ts";
import type { Clock } from "../time/clock.ts";
import { type ClientAnswer, scopeOfAnswer } from "./client_answer.ts";

/** Sends the events of a message to a filter, as `MtaClient` does. */
export interface EventSender {
  /** The clock that measures how long answers take. */
  readonly clock: Clock;
  /** Whether the filter gets an event; it may have declined it. */
  sends(event: EventName): boolean;
  macros(event: EventName, macros: Readonly<Record<string, string>>): void;
  mail(address: string, args: readonly string[]): Promise<ClientAnswer>;
  rcpt(address: string): Promise<ClientAnswer>;
  data(): Promise<ClientAnswer>;
  header(field: HeaderField): Promise<ClientAnswer>;
  eoh(): Promise<ClientAnswer>;
  body(chunk: Uint8Array): Promise<ClientAnswer>;
  eom(): Promise<ClientAnswer>;
  /** Aborts the message. */
  abort(): void;
}

/** One event and its answer. */
export interface Step {
  /** The event. */
  readonly event: EventName;
  /** The content of the event, in words, such as `<a@example.com> SIZE=3` or `Subject: Hello` or `65535 bytes`. */
  readonly subject: string;
  /** Whether the filter gets this event; it may have declined it. */
  readonly sent: boolean;
  /** The answer; `continue` if none is due. */
  readonly answer: ClientAnswer;
  /** How long the answer took. */
  readonly milliseconds: number;
}

/** The envelope of a message, with its macros. */
export interface Envelope {
  /** The sender, with or without brackets. @default "" the null sender */
  readonly from?: string;
  /** Its ESMTP arguments. */
  readonly fromArgs?: readonly string[];
  /** The recipients. */
  readonly to: readonly string[];
  /** The MTA to behave like if the message is bytes, see `parseMessage`. @default "postfix" */
  readonly mta?: MtaKind;
  /** Macros by event, names with or without braces. Other events have none. */
  readonly macros?: { readonly [event in EventName]?: Readonly<Record<string, string>> };
  /** Macros of one recipient, in addition to those of `rcpt`; `taken` is how many were accepted before it. */
  readonly recipientMacros?: (recipient: string, taken: number) => Readonly<Record<string, string>>;
}

/** The answer to a message. */
export interface MessageAnswer {
  /** The event at which it was decided. */
  readonly event: AnsweredEvent;
  /** The answer there. */
  readonly answer: ClientAnswer;
  /** The recipients that were rejected, each with the answer. */
  readonly refused: readonly { readonly recipient: string; readonly answer: ClientAnswer }[];
}

/**
 * Sends a message until the filter ends it.
 *
 * @param client the connection to the filter, between messages
 * @param message the bytes of the message, or its parts
 * @param envelope sender and recipients
 * @param watch called for every event
 */
export async function sendMessage(
  client: EventSender,
  message: Uint8Array | ParsedMessage,
  envelope: Envelope,
  watch?: (step: Step) => void,
): Promise<MessageAnswer> {
  const run = new MessageRun(client, envelope, watch);
  const parts = message instanceof Uint8Array ? parseMessage(message, envelope.mta) : message;
  const decision = await run.upToEnd(parts);
  // As MTAs do if a message does not reach its end.
  if (decision.event !== "eom") client.abort();
  return { ...decision, refused: run.refused };
}

/** Sends an event, and reports it to the observer. */
export async function watched(
  client: EventSender,
  event: AnsweredEvent,
  subject: string,
  work: () => Promise<ClientAnswer>,
  watch: ((step: Step) => void) | undefined,
): Promise<ClientAnswer> {
  const sent = client.sends(event);
  if (!watch) return await work();
  const { clock } = client;
  const began = clock.now();
  const answer = await work();
  watch({ event, subject, sent, answer, milliseconds: clock.now() - began });
  return answer;
}

/**
 * Sends the first part of a message, until the filter ends it.
 *
 * @param client the connection to the filter, between messages
 * @param message its parts
 * @param envelope sender and recipients
 * @param until the last event to send: all recipients, the whole header, or the whole body
 * @param watch called for every event
 * @returns the answer that ended it; undefined if it goes on
 */
export async function sendBeginning(
  client: EventSender,
  message: ParsedMessage,
  envelope: Envelope,
  until: BegunEvent,
  watch?: (step: Step) => void,
): Promise<Omit<MessageAnswer, "refused"> | undefined> {
  const decision = await new MessageRun(client, envelope, watch).upTo(until, message);
  if (decision) client.abort();
  return decision;
}

/** The events of a message before its end, in their order. */
export const BEGUN_EVENTS = ["mail", "rcpt", "data", "header", "eoh", "body"] as const;

/** One of them. */
export type BegunEvent = (typeof BEGUN_EVENTS)[number];

type Decision = Omit<MessageAnswer, "refused">;

class MessageRun {
  readonly refused: { recipient: string; answer: ClientAnswer }[] = [];
  readonly #client: EventSender;
  readonly #envelope: Envelope;
  readonly #watch: ((step: Step) => void) | undefined;

  constructor(client: EventSender, envelope: Envelope, watch: ((step: Step) => void) | undefined) {
    this.#client = client;
    this.#envelope = envelope;
    this.#watch = watch;
  }

  async upToEnd(message: ParsedMessage): Promise<Decision> {
    return await this.upTo("body", message) ??
      { event: "eom", answer: await this.#event("eom", "", () => this.#client.eom()) };
  }

  async upTo(until: BegunEvent, message: ParsedMessage): Promise<Decision | undefined> {
    for (const event of BEGUN_EVENTS) {
      const decision = await this.#decisionAt(event, message);
      if (decision || event === until) return decision;
    }
    return undefined;
  }

  #decisionAt(event: BegunEvent, { header, body }: ParsedMessage): Promise<Decision | undefined> {
    const client = this.#client;
    switch (event) {
      case "mail":
        return this.#senderDecision();
      case "rcpt":
        return this.#recipientsDecision();
      case "data":
        return this.#decision("data", "", () => client.data());
      case "header":
        return this.#headerDecision(header);
      case "eoh":
        return this.#decision("eoh", "", () => client.eoh());
      case "body":
        return this.#bodyDecision(body);
    }
  }

  #senderDecision(): Promise<Decision | undefined> {
    const { from = "", fromArgs = [] } = this.#envelope;
    const sender = [`<${bareAddress(from)}>`, ...fromArgs].join(" ");
    return this.#decision("mail", sender, () => this.#client.mail(from, fromArgs));
  }

  async #recipientsDecision(): Promise<Decision | undefined> {
    const { to } = this.#envelope;
    let tried = 0;
    for (const recipient of to) {
      const taken = tried++ - this.refused.length;
      const onRecipient = await this.#recipientDecision(recipient, taken);
      if (!onRecipient) continue;
      if (scopeOfAnswer("rcpt", onRecipient.answer) === "message") return onRecipient;
      this.refused.push({ recipient, answer: onRecipient.answer });
    }
    const last = this.refused.at(-1);
    return last && this.refused.length === to.length ? { event: "rcpt", answer: last.answer } : undefined;
  }

  #recipientDecision(recipient: string, taken: number): Promise<Decision | undefined> {
    const macros = this.#envelope.recipientMacros?.(recipient, taken);
    return this.#decision("rcpt", `<${recipient}>`, () => this.#client.rcpt(recipient), macros);
  }

  async #headerDecision(header: ParsedMessage["header"]): Promise<Decision | undefined> {
    for (const field of header) {
      const subject = `${field.name}: ${field.value}`;
      const decision = await this.#decision("header", subject, () => this.#client.header(field));
      if (decision) return decision;
    }
    return undefined;
  }

  async #bodyDecision(body: Uint8Array): Promise<Decision | undefined> {
    for (let at = 0; at < body.length; at += BODY_CHUNK) {
      const chunk = body.subarray(at, at + BODY_CHUNK);
      const answer = await this.#event("body", `${chunk.length} bytes`, () => this.#client.body(chunk));
      if (answer.verdict === "skip") return undefined;
      if (scopeOfAnswer("body", answer) !== "nothing") return { event: "body", answer };
    }
    return undefined;
  }

  async #decision(
    event: AnsweredEvent,
    subject: string,
    work: () => Promise<ClientAnswer>,
    macros?: Readonly<Record<string, string>>,
  ): Promise<Decision | undefined> {
    const answer = await this.#event(event, subject, work, macros);
    return scopeOfAnswer(event, answer) === "nothing" ? undefined : { event, answer };
  }

  #event(
    event: AnsweredEvent,
    subject: string,
    work: () => Promise<ClientAnswer>,
    macros?: Readonly<Record<string, string>>,
  ): Promise<ClientAnswer> {
    const general = this.#envelope.macros?.[event];
    if (general || macros) this.#client.macros(event, { ...general, ...macros });
    return watched(this.#client, event, subject, work, this.#watch);
  }
}

/**
 * Delivers mail through a filter as an MTA would, and reports the result.
 *
 * @module
 */

import { type EventName, ProtocolFlag } from "../protocol/constants.ts";
import type { AnsweredEvent } from "../protocol/events.ts";
import type { ConnectInfo, Modification } from "../protocol/mta_session.ts";
import type { SmtpReply } from "../protocol/reply.ts";
import { bareAddress } from "../message/envelope.ts";
import { applyModifications, type MailState } from "../message/apply_modifications.ts";
import type { MtaKind } from "../message/mta.ts";
import type { ParsedMessage } from "../message/parse.ts";
import type { MtaClient } from "./client.ts";
import { type ClientAnswer, scopeOfAnswer } from "./client_answer.ts";
import {
  type BegunEvent,
  type Envelope,
  sendBeginning,
  sendMessage,
  type Step,
  watched,
} from "./send_message.ts";
import { type MacrosByEvent, recipientMacros, usualMacros } from "./usual_macros.ts";

/** The SMTP client that sends mail. */
export interface Sender {
  /** The SMTP client. */
  readonly client: ConnectInfo & { readonly address: string };
  /** Its name in HELO. */
  readonly helo: string;
}

/** One message with its envelope. */
export interface Mail {
  /** The sender, with or without brackets; empty for the null sender. */
  readonly from: string;
  /** The sender's ESMTP arguments. */
  readonly fromArgs?: readonly string[];
  /** The recipients, with or without brackets. */
  readonly to: readonly string[];
  /** The content, as filters should see it. */
  readonly message: ParsedMessage;
  /** The queue id. */
  readonly queueId: string;
}

/** What happened to a message. */
export type MailOutcome = "accept" | "reject" | "tempfail" | "discard";

/** What filters answered to a command, or to a part of a message. */
export interface AnswerReport {
  /** What happened to it: `accept` if it continues. */
  readonly outcome: MailOutcome;
  /** The event at which that was decided, or the last one. */
  readonly event: EventName;
  /** The SMTP reply, if the filter gave its own. */
  readonly reply: SmtpReply | undefined;
  /** Every event since the last report, and its answer. */
  readonly steps: readonly Step[];
}

/** The report of a delivery; the outcome of a quarantined message is `accept`. */
export interface DeliveryReport extends AnswerReport {
  /** The recipients that were rejected individually, each with its reply. */
  readonly refused: readonly {
    readonly recipient: string;
    readonly outcome: MailOutcome;
    readonly reply?: SmtpReply;
  }[];
  /** The changes that the filter requested at the end, packet by packet. */
  readonly modifications: readonly Modification[];
  /** The message as it was sent, to the recipients that were not rejected. */
  readonly before: MailState;
  /** The message as it is delivered; if it is rejected, as it was sent. */
  readonly after: MailState;
}

/** An answer, and the event that it is for. */
interface Decision {
  readonly event: AnsweredEvent;
  readonly answer: ClientAnswer;
}

const NO_ANSWER: ClientAnswer = { verdict: "continue", modifications: [] };

/** One SMTP connection over one connection to a filter: sends CONNECT and HELO, then one message after another. */
export class MailSession {
  readonly #client: MtaClient;
  readonly #mta: MtaKind;
  readonly #sender: Sender;
  readonly #macros: Readonly<Record<string, string>>;
  readonly #steps: Step[] = [];
  /** The decision on the whole connection, once there is one. */
  #decided: Decision | undefined;
  readonly #watch = (step: Step): void => void this.#steps.push(step);
  #begun = false;
  /** Whether a message has begun and not ended. */
  #open = false;

  /**
   * @param client the connection to the filter, before its first event
   * @param sender the SMTP client
   * @param mta the MTA to behave like
   * @param macros macros that add to or replace the usual ones
   */
  constructor(client: MtaClient, sender: Sender, mta: MtaKind, macros: Readonly<Record<string, string>>) {
    this.#client = client;
    this.#sender = sender;
    this.#mta = mta;
    this.#macros = macros;
  }

  /**
   * Delivers a message.
   *
   * @throws {MilterConnectionError} if the connection to the filter is lost
   */
  async deliver(mail: Mail): Promise<DeliveryReport> {
    const client = this.#client;
    const envelope = await this.#prepare(mail);
    const { message } = mail;
    const whole: MailState = {
      sender: bareAddress(mail.from),
      recipients: envelope.to,
      header: message.header,
      body: message.body,
    };
    if (this.#decided) {
      return {
        ...this.#report(this.#decided),
        refused: [],
        modifications: [],
        before: whole,
        after: whole,
      };
    }
    const { refused, ...decision } = await sendMessage(client, message, envelope, this.#watch);
    const lost = new Set(refused.map(({ recipient }) => recipient));
    const before = { ...whole, recipients: whole.recipients.filter((recipient) => !lost.has(recipient)) };
    const { modifications } = decision.answer;
    const report = this.#report(decision);
    this.#decide(decision.event, decision.answer);
    const verbatim = (client.terms.protocol & ProtocolFlag.HEADER_LEADING_SPACE) !== 0;
    return {
      ...report,
      refused: refused.map(({ recipient, answer }) => {
        const { outcome, reply } = outcomeOf({ event: "rcpt", answer });
        return { recipient, outcome, ...(reply ? { reply } : {}) };
      }),
      modifications,
      before,
      // An MTA forgets the changes of a message that it refuses.
      after: report.outcome === "accept"
        ? applyModifications(before, modifications, this.#mta, verbatim)
        : before,
    };
  }

  /**
   * Hands in the first part of a message, which then goes on with nothing but `reset` or the end of the connection.
   *
   * @param until the last event to send
   * @throws {MilterConnectionError} if the connection to the filter is lost
   */
  async begin(mail: Mail, until: BegunEvent): Promise<AnswerReport> {
    const envelope = await this.#prepare(mail);
    if (this.#decided) return this.#report(this.#decided);
    const decision = await sendBeginning(this.#client, mail.message, envelope, until, this.#watch);
    this.#open = decision === undefined;
    if (!decision) return this.#report({ event: until, answer: NO_ANSWER });
    this.#decide(decision.event, decision.answer);
    return this.#report(decision);
  }

  /**
   * Sends HELO or EHLO, perhaps once more; a message that has begun ends.
   *
   * @throws {MilterConnectionError} if the connection to the filter is lost
   */
  async helo(name: string): Promise<AnswerReport> {
    this.reset();
    const macros = this.#macrosFor();
    await this.#connect(macros);
    const answer = this.#decided?.answer ?? await this.#helo(name, macros);
    return this.#report(this.#decided ?? { event: "helo", answer });
  }

  /**
   * Sends a command that the MTA does not know.
   *
   * @throws {MilterConnectionError} if the connection to the filter is lost
   */
  async unknown(command: string): Promise<AnswerReport> {
    await this.#greet(this.#macrosFor());
    if (this.#decided) return this.#report(this.#decided);
    const client = this.#client;
    const answer = await watched(client, "unknown", command, () => client.unknown(command), this.#watch);
    this.#decide("unknown", answer);
    return this.#report({ event: "unknown", answer });
  }

  /** Ends a message that has begun (RSET). */
  reset(): void {
    if (this.#open) this.#client.abort();
    this.#open = false;
  }

  /** Prepares the connection for a message, and the message for the connection. */
  async #prepare(mail: Mail): Promise<Envelope> {
    this.reset();
    const { from, fromArgs = [] } = mail;
    const macros = this.#macrosFor(mail);
    await this.#greet(macros);
    return {
      from,
      fromArgs,
      to: mail.to.map(bareAddress),
      macros,
      // A queue id that somebody chose has taken the place of the usual one.
      recipientMacros: (to, taken) => recipientMacros(this.#mta, to, taken > 0 ? macros.data?.i : undefined),
    };
  }

  /** The macros of the connection, and of a message if there is one. */
  #macrosFor(mail?: Mail): MacrosByEvent {
    const { hostname, address } = this.#sender.client;
    return usualMacros({
      mta: this.#mta,
      sender: bareAddress(mail?.from ?? ""),
      queueId: mail?.queueId ?? "",
      messageId: mail?.message.header.find((field) => field.is("Message-ID"))?.value ?? "",
      client: { hostname, address },
      macros: this.#macros,
    });
  }

  /** Sends CONNECT and HELO, if that has not been done. */
  async #greet(macros: MacrosByEvent): Promise<void> {
    if (this.#begun) return;
    await this.#connect(macros);
    if (!this.#decided) await this.#helo(this.#sender.helo, macros);
  }

  async #connect(macros: MacrosByEvent): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    const client = this.#client;
    const { client: who } = this.#sender;
    client.macros("connect", macros.connect ?? {});
    const shown = `${who.hostname} [${who.address}]`;
    this.#decide("connect", await watched(client, "connect", shown, () => client.connect(who), this.#watch));
  }

  async #helo(name: string, macros: MacrosByEvent): Promise<ClientAnswer> {
    const client = this.#client;
    client.macros("helo", macros.helo ?? {});
    const answer = await watched(client, "helo", name, () => client.helo(name), this.#watch);
    this.#decide("helo", answer);
    return answer;
  }

  #report(decision: Decision): AnswerReport {
    return { ...outcomeOf(decision), steps: this.#steps.splice(0) };
  }

  /** Notes what an answer means to the connection. */
  #decide(event: AnsweredEvent, answer: ClientAnswer): void {
    // At CONNECT and HELO there is nothing to discard yet: Postfix goes on, Sendmail takes it for accept.
    const early = event === "connect" || event === "helo";
    const taken: ClientAnswer = early && answer.verdict === "discard" && this.#mta === "sendmail"
      ? { ...answer, verdict: "accept" }
      : answer;
    if (scopeOfAnswer(event, taken) === "connection") this.#decided = { event, answer: taken };
  }
}

function outcomeOf({ event, answer }: Decision): Omit<AnswerReport, "steps"> {
  const { verdict, reply } = answer;
  return { outcome: verdict === "continue" || verdict === "skip" ? "accept" : verdict, event, reply };
}

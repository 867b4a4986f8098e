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
import { sendMessage, type Step, watched } from "./send_message.ts";
import { recipientMacros, usualMacros } from "./usual_macros.ts";

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

/** The report of a delivery. */
export interface DeliveryReport {
  /** What happened to it; a held message has `accept`. */
  readonly outcome: MailOutcome;
  /** The event at which that was decided. */
  readonly event: EventName;
  /** The SMTP reply, if the filter gave its own. */
  readonly reply: SmtpReply | undefined;
  /** The recipients that were rejected individually, each with its reply. */
  readonly refused: readonly {
    readonly recipient: string;
    readonly outcome: MailOutcome;
    readonly reply?: SmtpReply;
  }[];
  /** Every event and its answer. */
  readonly steps: readonly Step[];
  /** The changes that the filter requested at the end, packet by packet. */
  readonly modifications: readonly Modification[];
  /** The message as it was sent, to the recipients that were not rejected. */
  readonly before: MailState;
  /** The message as it is delivered; if it is rejected, as it was sent. */
  readonly after: MailState;
}

/** One SMTP connection over one connection to a filter: sends CONNECT and HELO, then one message after the other. */
export class MailSession {
  readonly #client: MtaClient;
  readonly #mta: MtaKind;
  readonly #sender: Sender;
  readonly #macros: Readonly<Record<string, string>>;
  readonly #steps: Step[] = [];
  /** What was decided for the whole connection, once it was. */
  #decided: { readonly event: AnsweredEvent; readonly answer: ClientAnswer } | undefined;
  #begun = false;

  /**
   * @param client the connection to the filter, before its first event
   * @param sender who hands mail in
   * @param mta whose ways to follow
   * @param macros macros beside the usual ones, or in their place
   */
  constructor(client: MtaClient, sender: Sender, mta: MtaKind, macros: Readonly<Record<string, string>>) {
    this.#client = client;
    this.#sender = sender;
    this.#mta = mta;
    this.#macros = macros;
  }

  /**
   * Hands in a message.
   *
   * @throws {MilterConnectionError} when the filter is lost
   */
  async deliver(mail: Mail): Promise<DeliveryReport> {
    const client = this.#client;
    const { from, fromArgs = [], to, message } = mail;
    const { hostname, address } = this.#sender.client;
    const macros = usualMacros({
      mta: this.#mta,
      sender: bareAddress(from),
      queueId: mail.queueId,
      messageId: message.header.find((field) => field.is("Message-ID"))?.value ?? "",
      client: { hostname, address },
      macros: this.#macros,
    });
    if (!this.#begun) await this.#begin(macros);
    const steps = this.#steps.splice(0);
    const recipients = to.map(bareAddress);
    const whole: MailState = {
      sender: bareAddress(from),
      recipients,
      header: message.header,
      body: message.body,
    };
    if (this.#decided) {
      return {
        ...outcomeOf(this.#decided),
        refused: [],
        steps,
        modifications: [],
        before: whole,
        after: whole,
      };
    }
    const { refused, ...decision } = await sendMessage(
      client,
      message,
      {
        from,
        fromArgs,
        to: recipients,
        macros,
        // A queue id that somebody chose has taken the place of the usual one.
        recipientMacros: (to, taken) =>
          recipientMacros(this.#mta, to, taken > 0 ? macros.data?.i : undefined),
      },
      (step) => void steps.push(step),
    );
    const lost = new Set(refused.map(({ recipient }) => recipient));
    const before = { ...whole, recipients: recipients.filter((recipient) => !lost.has(recipient)) };
    const { modifications } = decision.answer;
    const { outcome, event, reply } = outcomeOf(decision);
    if (scopeOfAnswer(event, decision.answer) === "connection") this.#decided = decision;
    const verbatim = (client.terms.protocol & ProtocolFlag.HEADER_LEADING_SPACE) !== 0;
    return {
      outcome,
      event,
      reply,
      refused: refused.map(({ recipient, answer }) => {
        const { outcome, reply } = outcomeOf({ event: "rcpt", answer });
        return { recipient, outcome, ...(reply ? { reply } : {}) };
      }),
      steps,
      modifications,
      before,
      // An MTA forgets the changes of a message that it refuses.
      after: outcome === "accept" ? applyModifications(before, modifications, this.#mta, verbatim) : before,
    };
  }

  async #begin(macros: ReturnType<typeof usualMacros>): Promise<void> {
    this.#begun = true;
    const client = this.#client;
    const { client: who, helo } = this.#sender;
    const watch = (step: Step) => void this.#steps.push(step);
    client.macros("connect", macros.connect ?? {});
    const shown = `${who.hostname} [${who.address}]`;
    this.#decide("connect", await watched(client, "connect", shown, () => client.connect(who), watch));
    if (this.#decided) return;
    client.macros("helo", macros.helo ?? {});
    this.#decide("helo", await watched(client, "helo", helo, () => client.helo(helo), watch));
  }

  /** What an answer to CONNECT or HELO means to the connection. */
  #decide(event: AnsweredEvent, answer: ClientAnswer): void {
    // There is nothing to discard yet: Postfix goes on, Sendmail takes it for accept.
    const taken: ClientAnswer = answer.verdict === "discard" && this.#mta === "sendmail"
      ? { ...answer, verdict: "accept" }
      : answer;
    if (scopeOfAnswer(event, taken) === "connection") this.#decided = { event, answer: taken };
  }
}

function outcomeOf(
  { event, answer }: { readonly event: AnsweredEvent; readonly answer: ClientAnswer },
): { outcome: MailOutcome; event: AnsweredEvent; reply: SmtpReply | undefined } {
  const { verdict, reply } = answer;
  return { outcome: verdict === "continue" || verdict === "skip" ? "accept" : verdict, event, reply };
}

/**
 * A conversation with a milter over one connection, about one SMTP client.
 *
 * @module
 */

import type { ConnectionContext } from "../../lib/filter/context.ts";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import type { VerdictEvent } from "../../lib/filter/filter_terms.ts";
import { isFinal, tempfail, type Verdict } from "../../lib/filter/verdict.ts";
import { MilterConnectionError, type MtaClient } from "../../lib/mta/client.ts";
import type { ClientAnswer } from "../../lib/mta/client_answer.ts";
import { ProtocolFlag } from "../../lib/protocol/constants.ts";
import { isAllowed } from "../../lib/protocol/verdict_scope.ts";
import { endsMessage, verdictOfAnswer } from "./answers.ts";
import { requestChanges } from "./changes.ts";
import type { MilterTerms } from "./terms.ts";

/** Sends an event, by the client's method for it. */
export type Send = (client: MtaClient) => Promise<ClientAnswer>;

/** Events that the filter does not get if the milter does not want them, although MTAs still send their macros. */
const UNTOLD: readonly VerdictEvent[] = ["data", "eoh"];

/** A conversation with a milter, from negotiation to the end of the SMTP connection. */
export class Conversation {
  readonly client: MtaClient;
  /** What the milter asked for. */
  readonly terms: MilterTerms;
  /** Whether an earlier SMTP client used the connection. */
  readonly used: boolean;
  /** Whether the milter was told anything about the SMTP client. */
  told = false;
  /** Whether it has ever answered. */
  answered = false;
  /** Whether it was told of a message that has not ended. */
  inMessage = false;
  /** The kind of event at which it answered skip: further ones are not sent until another kind comes. */
  #skipped: VerdictEvent | undefined;
  /** Whether it gets nothing of the current body. */
  #skipsBody = false;

  /**
   * @param client the connection, negotiated
   * @param terms what the milter asked for
   * @param used whether an earlier SMTP client used the connection
   */
  constructor(client: MtaClient, terms: MilterTerms, used: boolean) {
    this.client = client;
    this.terms = terms;
    this.used = used;
  }

  /** Passes on the SMTP client. */
  connect(context: ConnectionContext<unknown>): Promise<Verdict | undefined> {
    const { client: info } = context;
    return this.say("connect", context, (client) => client.connect(info!));
  }

  /** Sends an event, and waits for the milter's answer. */
  async say(
    event: VerdictEvent,
    context: ConnectionContext<unknown>,
    send: Send,
  ): Promise<Verdict | undefined> {
    const { client } = this;
    if (client.closed) throw closedEarly();
    if (this.#passesOver(event)) return undefined;
    this.#macros(event, context);
    if (event === "mail") this.inMessage = true;
    if (!client.sends(event)) return undefined;
    const expects = client.expectsAnswer(event);
    const answer = await send(client);
    this.answered ||= expects;
    if (endsMessage(answer, event)) this.inMessage = false;
    if (answer.verdict === "skip" && !isAllowed(event, "skip")) return this.#skip(event, context);
    return verdictOfAnswer(answer, event, client.encodedReply);
  }

  /**
   * Sends an event that the milter does not answer.
   *
   * @returns a promise only if the milter does not read fast enough
   */
  tell(event: VerdictEvent, context: ConnectionContext<unknown>, send: Send): Promise<void> | undefined {
    if (this.#passesOver(event)) return undefined;
    this.#macros(event, context);
    if (!this.client.sends(event)) return undefined;
    void send(this.client);
    return this.client.drained();
  }

  /** Sends the end of the message, and requests the milter's changes. */
  async end(message: EndOfMessage, context: ConnectionContext<unknown>): Promise<Verdict | undefined> {
    const { client } = this;
    if (client.closed) throw closedEarly();
    for (const event of UNTOLD) if (!client.sends(event)) this.#macros(event, context);
    this.#macros("eom", context);
    const answer = await client.eom();
    this.inMessage = false;
    const verdict = answer.verdict === "skip"
      ? this.#skip("eom", context)
      : verdictOfAnswer(answer, "eom", client.encodedReply);
    if (!verdict || !isFinal(verdict)) {
      const verbatim = (client.terms.protocol & ProtocolFlag.HEADER_LEADING_SPACE) !== 0;
      requestChanges(message, answer.modifications, verbatim);
    }
    return verdict;
  }

  /** Tells the milter that the message has ended, unless it knows. */
  abort(): void {
    if (this.inMessage && !this.client.closed) this.client.abort();
    this.inMessage = false;
  }

  /**
   * Handles skip at other events than body as this MTA does. Postfix goes on, and sends the milter no more events of that
   * kind in a row. Sendmail skips the body after skip at a header, temporarily rejects the message at its end, and otherwise
   * considers the milter broken.
   */
  #skip(event: VerdictEvent, { mta }: ConnectionContext<unknown>): Verdict | undefined {
    if (mta === "postfix") this.#skipped = event;
    else if (event === "header" || event === "eoh") this.#skipsBody = true;
    else if (event === "eom") return tempfail();
    else throw new MilterConnectionError("protocol", event, `The milter answered skip at ${event}`);
    return undefined;
  }

  #passesOver(event: VerdictEvent): boolean {
    if (event === this.#skipped) return true;
    this.#skipped = undefined;
    if (event === "mail") this.#skipsBody = false;
    return event === "body" && this.#skipsBody;
  }

  #macros(event: VerdictEvent, context: ConnectionContext<unknown>): void {
    this.told = true;
    const macros = context.macrosOf(event);
    if (macros.length > 0) this.client.macros(event, macros);
  }
}

function closedEarly(): MilterConnectionError {
  return new MilterConnectionError("connection-lost", "message", "The milter closed the connection");
}

/**
 * Runs a chain on one connection: passes each event to the filters.
 *
 * Each event has a method that returns the verdict for the MTA: directly if every filter answered synchronously, else
 * as a promise. The caller must wait for one event before the next and keep the order of `FilterSession`: nothing of a
 * message before its sender.
 *
 * @module
 */

import { EventBit } from "../protocol/events.ts";
import type { Needs, Offer } from "../protocol/negotiate.ts";
import { isAllowed } from "../protocol/verdict_scope.ts";
import type { EnvelopeAddress } from "../message/envelope.ts";
import type { HeaderField } from "../message/header.ts";
import type { Client } from "../filter/context.ts";
import { tempfail, type Verdict } from "../filter/verdict.ts";
import { REJECTED_RCPT } from "./callback_events.ts";
import type { ChainSettings } from "./chain_settings.ts";
import { afterCleanup, closeFilter } from "./cleanup.ts";
import type { ConnectionHost, MessageEnd } from "./connection_host.ts";
import { negotiate } from "./connection_negotiation.ts";
import { ConnectionState } from "./connection_state.ts";
import type { FilterInstance } from "./filter_instance.ts";
import { countField, countRecipient } from "./limit_rules.ts";
import type { Given, MaybePromise } from "./maybe_promise.ts";
import { endWith, finishMessage } from "./message_end.ts";
import { reportAbort } from "./message_report.ts";
import { MessageState } from "./message_state.ts";
import { beginMessage, endEnvelope, planContent } from "./participants.ts";
import type { Plan } from "./plan.ts";
import { abortOthers, allAsked, conclude, settle } from "./verdict_rules.ts";

/** A chain on one connection. Created by `Chain.connection`. */
export class ChainConnection {
  readonly #state: ConnectionState;
  /** No event has arrived since the previous SMTP client left. */
  #idle = false;

  /**
   * @param plans the filters' terms, in order
   * @param settings settings that all connections of the chain share
   * @param host the connection
   * @param before the state for the previous SMTP client on the same socket
   */
  constructor(
    plans: readonly Plan[],
    settings: ChainSettings,
    host: ConnectionHost,
    before?: ConnectionState,
  ) {
    this.#state = new ConnectionState(plans, settings, host, before);
  }

  /** Creates the state for the next SMTP client on this socket (`SMFIC_QUIT_NC`): same chain, same terms. */
  renew(): ChainConnection {
    const { instances, settings, host, terms, requestedMacros } = this.#state;
    const next = new ChainConnection(instances.map(({ plan }) => plan), settings, host, this.#state);
    next.#state.terms = terms;
    next.#state.requestedMacros = requestedMacros;
    next.#state.instances.forEach((instance, i) => {
      if (terms.leftOut[i]) instance.leaveOut();
    });
    next.#state.verdict = terms.verdict;
    next.#idle = true;
    return next;
  }

  /** Asks the filters for their terms and determines what to request from the MTA. */
  negotiate(offer: Offer): MaybePromise<Needs> {
    return negotiate(this.#state, offer);
  }

  /** An SMTP client connected. */
  connect(client: Client): MaybePromise<Verdict> {
    this.#state.client = client;
    return this.#state.verdict ?? this.#begin(EventBit.connect, client);
  }

  /** HELO or EHLO. */
  helo(name: string): MaybePromise<Verdict> {
    this.#state.helo = name;
    return this.#state.verdict ?? this.#begin(EventBit.helo, name);
  }

  /** The MAIL command, which begins a message. */
  mail(sender: EnvelopeAddress): MaybePromise<Verdict> {
    const state = this.#state;
    if (state.cleanup) return afterCleanup(state, state.cleanup, () => this.mail(sender));
    const began = state.reports ? state.clock.now() : 0;
    const message = state.message = new MessageState(state.mtaAtMessage(), began);
    message.sender = sender;
    beginMessage(state.instances);
    return state.verdict
      ? conclude(state, message, state.verdict, undefined, "mail")
      : this.#begin(EventBit.mail, sender);
  }

  /** A recipient. */
  rcpt(recipient: EnvelopeAddress): MaybePromise<Verdict> {
    const state = this.#state;
    const message = state.openMessage;
    if (message.verdict) return message.verdict;
    const refused = state.terms.rejectedRecipients && state.host.macro("rcpt_mailer") === "error";
    if (refused) return this.#begin(REJECTED_RCPT, recipient);
    const verdict = countRecipient(state, message, recipient.size);
    if (verdict) return verdict;
    message.recipients.push(recipient);
    return this.#begin(EventBit.rcpt, recipient);
  }

  /** The DATA command. */
  data(): MaybePromise<Verdict> {
    const { openMessage: { verdict }, instances } = this.#state;
    if (verdict) return verdict;
    endEnvelope(instances);
    return this.#begin(EventBit.data, undefined);
  }

  /**
   * A header field.
   *
   * @param field the field
   * @param size its size in bytes
   */
  header(field: HeaderField, size: number): MaybePromise<Verdict> {
    const state = this.#state;
    const message = state.openMessage;
    if (message.verdict) return message.verdict;
    planContent(state, message);
    message.headers.push(field);
    return countField(state, message, size) ?? this.#begin(EventBit.header, field);
  }

  /** The header is complete. */
  eoh(): MaybePromise<Verdict> {
    const state = this.#state;
    const message = state.openMessage;
    if (message.verdict) return message.verdict;
    planContent(state, message);
    return this.#begin(EventBit.eoh, undefined);
  }

  /** A chunk of the body. Views of it may be kept, so the caller must not write to it again. */
  body(chunk: Uint8Array): MaybePromise<Verdict> {
    const state = this.#state;
    const message = state.openMessage;
    if (message.verdict) return message.verdict;
    planContent(state, message);
    message.bodyBytes += chunk.length;
    const kept = message.keep(chunk);
    if (!kept) return this.#begin(EventBit.body, chunk);
    state.waits();
    return kept.then(() => this.#begin(EventBit.body, chunk));
  }

  /** An SMTP command that the MTA does not know. */
  unknown(command: string): MaybePromise<Verdict> {
    const { verdict } = this.#state;
    return verdict && isAllowed("unknown", verdict.kind) ? verdict : this.#begin(EventBit.unknown, command);
  }

  /** The message is complete. */
  eom(): MaybePromise<MessageEnd> {
    const state = this.#state;
    if (state.cleanup) return afterCleanup(state, state.cleanup, () => this.eom());
    const message = state.openMessage;
    if (message.verdict) {
      state.message = undefined;
      return endWith(message.verdict);
    }
    message.complete = true;
    planContent(state, message);
    return finishMessage(state, message, 0);
  }

  /** The MTA or its client aborted the message. */
  abort(): void | Promise<void> {
    const state = this.#state;
    if (state.cleanup) return state.cleanup.then(() => this.abort());
    const { message } = state;
    state.message = undefined;
    if (!message) return;
    message.close();
    if (!message.verdict) reportAbort(state, message);
    abortOthers(state, undefined, "The message was aborted");
    return state.cleanup as Promise<void> | undefined;
  }

  /** The connection is over, or its socket now serves another SMTP client. Releases everything. */
  close(): void | Promise<void> {
    const aborted = this.abort();
    if (aborted) return aborted.then(() => this.close());
    // No further client came on this socket, so the filters have none to close.
    if (this.#idle) return;
    const state = this.#state;
    for (const instance of state.instances) closeFilter(state, instance);
    return state.cleanup as Promise<void> | undefined;
  }

  /**
   * Tells work in progress that nobody waits for its result. A running callback is not interrupted, but no other
   * callback follows it. The caller must still call {@linkcode close}.
   */
  cancel(reason: string): void {
    this.#state.cancelled = true;
    for (const instance of this.#state.instances) instance.cancel(reason);
  }

  /** Call when everything the MTA sent has been processed: what comes next gets the full time. */
  caughtUp(): void {
    this.#state.caughtUp();
  }

  /** Calls one filter after another for an event. */
  #begin(event: number, argument: unknown): MaybePromise<Verdict> {
    const state = this.#state;
    if (state.cleanup) return afterCleanup(state, state.cleanup, () => this.#begin(event, argument));
    this.#idle = false;
    state.eventBegins();
    return this.#ask(event, argument, 0);
  }

  #ask(event: number, argument: unknown, from: number): MaybePromise<Verdict> {
    const state = this.#state;
    if (state.cancelled) return tempfail();
    const { instances, message } = state;
    for (let i = from, instance = instances[i]; instance; instance = instances[++i]) {
      const answer = instance.ask(event, argument, message);
      if (answer instanceof Promise) {
        return this.#askLater(event, argument, i, instance, answer);
      }
      if (answer === undefined) continue;
      const verdict = settle(state, instance, event, answer);
      if (verdict) return verdict;
    }
    return allAsked(state, event);
  }

  async #askLater(
    event: number,
    argument: unknown,
    at: number,
    instance: FilterInstance,
    pending: Promise<Given>,
  ): Promise<Verdict> {
    const state = this.#state;
    const answer = await instance.wait(pending, state.allowance(instance, event));
    if (state.cancelled) return tempfail();
    const verdict = answer === undefined ? undefined : settle(state, instance, event, answer);
    return verdict ?? this.#ask(event, argument, at + 1);
  }
}

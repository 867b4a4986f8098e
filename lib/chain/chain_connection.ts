/**
 * A chain on one connection: who is asked what, and what follows from the answers.
 *
 * A method per event gives the verdict for the MTA: at once where every filter answered at once, else as a promise. The
 * caller has one event at work at a time, in the order of `FilterSession`: nothing of a message before its sender.
 *
 * @module
 */

import { type EventName, ProtocolFlag } from "../protocol/constants.ts";
import type { Needs, Offer } from "../protocol/negotiate.ts";
import { envelopeActions, type EnvelopeAddress } from "../message/envelope.ts";
import { headerActions } from "../message/header_diff.ts";
import type { HeaderField } from "../message/header.ts";
import { type MtaKind, mtaOf } from "../message/mta.ts";
import { NO_TERMS } from "./agreed_terms.ts";
import { checkedAnswer } from "./answer.ts";
import { type Allowance, Budget, NEGOTIATION } from "./budget.ts";
import type { ChainSettings } from "./chain_settings.ts";
import type { ConnectionHost, MessageEnd } from "./connection_host.ts";
import type { Client } from "../filter/context.ts";
import { CONNECTION_EVENTS, CONTENT_EVENTS, EventBit } from "../protocol/events.ts";
import { nameOf, REJECTED_RCPT } from "./callback_events.ts";
import { Failure, FilterTimeoutError } from "./failure.ts";
import { FilterEnd, type MessageChain } from "./filter_end.ts";
import { FilterInstance, Out } from "./filter_instance.ts";
import type { ConnectionInfo } from "./participant_info.ts";
import { ScopedInstance } from "./scoped_instance.ts";
import { MessageState } from "./message_state.ts";
import type { MessageLimits } from "./message_limits.ts";
import { negotiatePlan } from "./negotiation.ts";
import { macroView } from "./macro_lists.ts";
import { answeredEvents, needsOf, type Plan, reads, whoIsLive } from "./plan.ts";
import {
  addresses,
  type ConnectionReport,
  type FilterNote,
  type MessageReport,
  outcomeOf,
} from "../filter/report.ts";
import { Cleanup } from "./cleanup.ts";
import {
  accept,
  describe,
  isFinal,
  proceed,
  reject,
  skip,
  tempfail,
  type Verdict,
} from "../filter/verdict.ts";
import { type Given, type MaybePromise, run, type Steps } from "./maybe_promise.ts";

const NOTHING: readonly never[] = [];
const NOTHING_CHANGED = { header: NOTHING, envelope: NOTHING, body: undefined, quarantine: undefined };
const ACCEPTED = { outcome: "accept" } as const;

/** A chain on one connection. Made by `Chain.connection`. */
export class ChainConnection implements MessageChain {
  readonly settings: ChainSettings;
  readonly #instances: FilterInstance[];
  readonly #host: ConnectionHost;
  readonly #info: ConnectionInfo;
  #terms = NO_TERMS;
  /** The verdict on the whole connection. */
  #verdict: Verdict | undefined;
  #message: MessageState | undefined;
  /** The MTA, once a message began. */
  #mtaSeen: MtaKind | undefined;
  /** No event has come since the SMTP client before this one left. */
  #idle = false;
  readonly #budget: Budget;
  readonly #cleanup: Cleanup;

  /**
   * @param plans the filters' terms, in order
   * @param settings what the connections of the chain share
   * @param host the connection
   * @param budget the time that the filters have
   */
  constructor(
    plans: readonly Plan[],
    settings: ChainSettings,
    host: ConnectionHost,
    budget: Budget = new Budget(settings.timeouts, settings.clock),
  ) {
    this.settings = settings;
    this.#host = host;
    this.#info = {
      host,
      client: undefined,
      helo: undefined,
      clock: settings.clock,
      mta: () => this.#mta(),
      cancelled: false,
    };
    this.#instances = plans.map((plan) =>
      new (plan.filter.scope ? ScopedInstance : FilterInstance)(plan, this.#info)
    );
    this.#budget = budget;
    this.#cleanup = new Cleanup(settings, host, budget);
  }

  /** The same chain, on the same terms, for the next SMTP client on this socket (`SMFIC_QUIT_NC`). */
  renew(): ChainConnection {
    const plans = this.#instances.map(({ plan }) => plan);
    const next = new ChainConnection(plans, this.settings, this.#host, this.#budget);
    next.#terms = this.#terms;
    next.#instances.forEach((instance, i) => {
      instance.macroView = this.#instances[i].macroView;
      if (this.#terms.leftOut[i]) instance.leaveOut();
    });
    next.#verdict = this.#terms.verdict;
    next.#idle = true;
    return next;
  }

  /** Asks the filters for their terms, and works out what to ask of the MTA. */
  negotiate(offer: Offer): MaybePromise<Needs> {
    const needs = this.settings.standing.needs(offer.actions);
    if (needs) return this.#agree(needs, offer, this.settings.standing.allLive);
    return run(this.#negotiate(offer));
  }

  *#negotiate(offer: Offer): Steps<Needs> {
    const plans: Plan[] = [];
    for (const instance of this.#instances) {
      if (this.cancelled) break;
      const plan = yield* negotiatePlan(instance, plans, offer, () => this.allowance(instance, NEGOTIATION));
      if (plan === undefined) {
        instance.leaveOut();
        this.#cleanup.close(instance);
      } else if (plan instanceof Failure) {
        const verdict = this.#fail(instance, "negotiate", plan);
        if (isFinal(verdict) && !instance.plan.filter.dryRun) this.#verdict ??= verdict;
        instance.leaveOut();
        this.#cleanup.close(instance);
      } else {
        instance.plan = plan;
        plans.push(plan);
      }
    }
    return this.#agree(
      needsOf(plans, offer.actions, this.settings.answered),
      offer,
      whoIsLive(plans).every(Boolean),
    );
  }

  #agree(wanted: Needs, offer: Offer, allLive: boolean): Needs {
    // A verdict on the connection must be given somewhere, whatever the filters renounced.
    const refused = (this.#host.refusedProtocol ?? 0) | (this.#verdict ? ProtocolFlag.NR_CONNECT : 0);
    const needs = refused ? { ...wanted, protocol: wanted.protocol & ~refused } : wanted;
    if (needs.macros && Object.keys(needs.macros).length > 0) {
      for (const instance of this.#instances) {
        instance.macroView = macroView(instance.plan.macros, needs.macros, () => this.#mta());
      }
    }
    const agreed = needs.protocol & offer.protocol;
    this.#budget.answered = answeredEvents(agreed);
    this.#terms = {
      skip: (agreed & ProtocolFlag.SKIP) !== 0,
      rejectedRecipients: (agreed & ProtocolFlag.RCPT_REJ) !== 0,
      answersRecipients: (agreed & ProtocolFlag.NR_RCPT) === 0,
      leftOut: this.#instances.map(({ out }) => out === Out.CONNECTION),
      allLive,
      verdict: this.#verdict,
    };
    return needs;
  }

  /** Someone connected. */
  connect(client: Client): MaybePromise<Verdict> {
    this.#info.client = client;
    return this.#verdict ?? this.#begin(EventBit.connect, client);
  }

  /** HELO or EHLO. */
  helo(name: string): MaybePromise<Verdict> {
    this.#info.helo = name;
    return this.#verdict ?? this.#begin(EventBit.helo, name);
  }

  /** A message begins. */
  mail(sender: EnvelopeAddress): MaybePromise<Verdict> {
    if (this.#cleanup.pending) return this.#whenDone(this.#cleanup.pending, () => this.mail(sender));
    // What told it came at connect, and is not looked up for each message.
    this.#mtaSeen ??= this.#mta();
    const message = this.#message = new MessageState(
      this.#mtaSeen,
      this.reports ? this.settings.clock.now() : 0,
    );
    message.sender = sender;
    for (const instance of this.#instances) if (instance.out !== Out.CONNECTION) instance.out = Out.NO;
    return this.#verdict
      ? this.#conclude(this.#verdict, undefined, "mail")
      : this.#begin(EventBit.mail, sender);
  }

  /** A recipient. */
  rcpt(recipient: EnvelopeAddress): MaybePromise<Verdict> {
    const message = this.#message!;
    if (message.verdict) return message.verdict;
    const refused = this.#terms.rejectedRecipients && this.#host.macro("rcpt_mailer") === "error";
    if (!refused) {
      const verdict = this.#checkRecipients(message, recipient.size);
      if (verdict) return verdict;
      message.recipientBytes += recipient.size;
      message.recipients.push(recipient);
    }
    return this.#begin(refused ? REJECTED_RCPT : EventBit.rcpt, recipient);
  }

  /** The DATA command. */
  data(): MaybePromise<Verdict> {
    const message = this.#message!;
    if (message.verdict) return message.verdict;
    this.#endEnvelope();
    return this.#begin(EventBit.data, undefined);
  }

  /**
   * A header field.
   *
   * @param field the field
   * @param size its bytes
   */
  header(field: HeaderField, size: number): MaybePromise<Verdict> {
    const message = this.#message!;
    if (message.verdict) return message.verdict;
    if (!message.planned) this.#planContent(message);
    message.headers.push(field);
    message.headerFields++;
    message.headerBytes += size;
    const { headerFields, headerBytes } = this.settings.limits;
    if (message.headerFields > headerFields) return this.#tooMuch("headerFields", "header");
    if (message.headerBytes > headerBytes) return this.#tooMuch("headerBytes", "header");
    return this.#begin(EventBit.header, field);
  }

  /** The header is complete. */
  eoh(): MaybePromise<Verdict> {
    const message = this.#message!;
    if (message.verdict) return message.verdict;
    if (!message.planned) this.#planContent(message);
    return this.#begin(EventBit.eoh, undefined);
  }

  /** A piece of the body. Views of it may be kept: it must not be written to again. */
  body(chunk: Uint8Array): MaybePromise<Verdict> {
    const message = this.#message!;
    if (message.verdict) return message.verdict;
    if (!message.planned) this.#planContent(message);
    const kept = message.keep(chunk);
    if (!kept) return this.#begin(EventBit.body, chunk);
    this.#budget.waits();
    return kept.then(() => this.#begin(EventBit.body, chunk));
  }

  /** An SMTP command that the MTA does not know. */
  unknown(command: string): MaybePromise<Verdict> {
    // Accept is not for unknown commands: Postfix drops the connection at it.
    return this.#verdict && isFinal(this.#verdict) ? this.#verdict : this.#begin(EventBit.unknown, command);
  }

  /** The message is complete. */
  eom(): MaybePromise<MessageEnd> {
    if (this.#cleanup.pending) return this.#whenDone(this.#cleanup.pending, () => this.eom());
    const message = this.#message!;
    if (message.verdict) {
      this.#message = undefined;
      return { verdict: message.verdict, ...NOTHING_CHANGED };
    }
    if (!message.planned) this.#planContent(message);
    return this.#finish(message, 0);
  }

  /** The MTA or its client ended the message. */
  abort(): void | Promise<void> {
    if (this.#cleanup.pending) return this.#cleanup.pending.then(() => this.abort());
    const message = this.#message;
    this.#message = undefined;
    if (!message) return;
    message.close();
    if (!message.verdict) this.#reportAbort(message);
    this.#abortOthers(undefined, "The message was aborted");
    return this.#cleanup.pending as Promise<void> | undefined;
  }

  /** The connection is over, or its socket carries another one from here on. Everything is let go. */
  close(): void | Promise<void> {
    const aborted = this.abort();
    if (aborted) return aborted.then(() => this.close());
    // After the last client of a socket there is no next one, whom nobody needs to be told of.
    if (this.#idle) return;
    for (const instance of this.#instances) this.#cleanup.close(instance);
    return this.#cleanup.pending as Promise<void> | undefined;
  }

  /**
   * Tells work in progress that nobody waits for it any more. A callback is not interrupted, but no other one is asked
   * after it. What is left to do is {@linkcode close}.
   */
  cancel(reason: string): void {
    this.#info.cancelled = true;
    for (const instance of this.#instances) instance.cancel(reason);
  }

  /** Told when all that the MTA sent is worked off: what comes next has the whole time. */
  caughtUp(): void {
    this.#budget.caughtUp();
  }

  // ---- one event, filter after filter

  #begin(event: number, argument: unknown): MaybePromise<Verdict> {
    if (this.#cleanup.pending) {
      return this.#whenDone(this.#cleanup.pending, () => this.#begin(event, argument));
    }
    this.#idle = false;
    this.#budget.eventBegins();
    return this.#ask(event, argument, 0);
  }

  /** Goes on with an event once abort and close callbacks are done; the wait for them counts, too. */
  #whenDone<T>(cleanup: Promise<unknown>, next: () => MaybePromise<T>): Promise<T> {
    this.#budget.waits();
    return cleanup.then(next);
  }

  #ask(event: number, argument: unknown, from: number): MaybePromise<Verdict> {
    if (this.cancelled) return tempfail();
    const instances = this.#instances;
    for (let i = from; i < instances.length; i++) {
      const instance = instances[i];
      const answer = instance.ask(event, argument, this.#message);
      if (answer instanceof Promise) {
        return this.#askLater(event, argument, i, instance.wait(answer, this.allowance(instance, event)));
      }
      if (answer === undefined) continue;
      const verdict = this.#settle(instance, event, answer);
      if (verdict) return verdict;
    }
    return this.#allAsked(event);
  }

  async #askLater(event: number, argument: unknown, at: number, pending: Promise<Given>): Promise<Verdict> {
    const answer = await pending;
    const instance = this.#instances[at];
    if (this.cancelled) return tempfail();
    const verdict = answer === undefined ? undefined : this.#settle(instance, event, answer);
    return verdict ?? this.#ask(event, argument, at + 1);
  }

  /** What follows from one filter's answer; a verdict ends the event, undefined goes on to the next filter. */
  #settle(instance: FilterInstance, event: number, answer: Given): Verdict | undefined {
    const given = checkedAnswer(instance.plan, event, answer);
    const verdict = this.judge(instance, event, given);
    switch (verdict.kind) {
      case "continue":
        return undefined;
      case "skip":
        instance.bodyDone = true;
        return undefined;
      case "accept":
        if (event & CONNECTION_EVENTS) this.#cleanup.close(instance);
        else if (event !== EventBit.unknown) instance.out = Out.MESSAGE;
        return undefined;
    }
    if (event === EventBit.unknown) return verdict;
    if (event & CONNECTION_EVENTS) {
      this.#reportRefusal(instance, event, verdict);
      return this.#verdict = verdict;
    }
    // A filter that failed does not know its message any more, so its verdict is not about one recipient.
    if (!(given instanceof Failure)) {
      if (event === REJECTED_RCPT) return undefined;
      if (event === EventBit.rcpt && verdict.kind !== "discard") {
        const message = this.#message!;
        const recipient = message.recipients.pop()!;
        message.recipientBytes -= recipient.size;
        message.refusal = { verdict, by: instance };
        this.note(instance, event, { verdict: describe(verdict), recipient: recipient.address });
        return verdict;
      }
    }
    if (event & CONTENT_EVENTS && this.#firstAsked() !== instance) {
      instance.held = verdict;
      return undefined;
    }
    return this.#conclude(verdict, instance, nameOf(event));
  }

  /** What follows once every filter was asked. */
  #allAsked(event: number): Verdict {
    if (event & CONNECTION_EVENTS) return this.#anyAsked() ? proceed() : this.#verdict = accept();
    if (event === EventBit.unknown || event === REJECTED_RCPT) return proceed();
    const first = this.#firstAsked();
    if (first?.held) return this.#conclude(first.held, first, nameOf(event));
    if (!first && !this.#anyAsked()) return this.#conclude(accept(), undefined, nameOf(event));
    return event === EventBit.body && this.#terms.skip && !this.#anyWantsBody() ? skip() : proceed();
  }

  #anyAsked(): boolean {
    for (const instance of this.#instances) {
      if (instance.out === Out.NO || instance.out === Out.RECIPIENT) return true;
    }
    return false;
  }

  /** Those for whom no recipient came are not asked about the message. */
  #endEnvelope(): void {
    for (const instance of this.#instances) if (instance.out === Out.RECIPIENT) instance.out = Out.MESSAGE;
  }

  #anyWantsBody(): boolean {
    for (const instance of this.#instances) if (instance.wantsBody) return true;
    return false;
  }

  /** The first filter that can still end the message: it alone may answer content at once. */
  #firstAsked(): FilterInstance | undefined {
    for (const instance of this.#instances) {
      if (instance.out === Out.NO && !instance.plan.filter.dryRun) return instance;
    }
    return undefined;
  }

  /** Whether one recipient more is too many; the verdict on it. */
  #checkRecipients({ recipients, recipientBytes }: MessageState, size: number): Verdict | undefined {
    const { limits } = this.settings;
    const limit = recipients.length >= limits.recipients
      ? "recipients"
      : recipientBytes + size > limits.headerBytes
      ? "headerBytes"
      : undefined;
    if (!limit) return undefined;
    if (!this.#terms.answersRecipients) return this.#tooMuch(limit, "rcpt");
    this.#host.onLimit?.(limit, limits[limit]);
    return tempfail(452, "4.5.3", "Too many recipients");
  }

  /** Ends a message that is more than it may be. */
  #tooMuch(limit: keyof MessageLimits, event: EventName): Verdict {
    this.#host.onLimit?.(limit, this.settings.limits[limit]);
    const verdict = event === "rcpt"
      ? reject(552, "5.5.3", "Too many recipients")
      : reject(552, "5.3.4", "Message header too large");
    return this.#conclude(verdict, undefined, event);
  }

  /** Works out who sees the content as it comes, and who is shown it at the end. */
  #planContent(message: MessageState): void {
    message.planned = true;
    this.#endEnvelope();
    if (this.#terms.allLive) return;
    const asked = this.#instances.filter(({ out }) => out === Out.NO);
    whoIsLive(asked.map(({ plan }) => plan)).forEach((live, i) => {
      asked[i].live = live;
      if (!live && reads(asked[i].plan, EventBit.body)) message.keepBody(this.settings.pool);
    });
  }

  // ---- end of message

  /** Ends the message for the filters from `from` on, each after the one before it. */
  #finish(message: MessageState, from: number): MaybePromise<MessageEnd> {
    for (let i = from; i < this.#instances.length; i++) {
      const instance = this.#instances[i];
      if (instance.out !== Out.NO) continue;
      const verdict = instance.held ?? new FilterEnd(this, instance, message).run();
      if (verdict instanceof Promise) return this.#finishLater(message, i, verdict);
      const end = this.#ended(instance, verdict);
      if (end) return end;
    }
    return this.#allEnded(message);
  }

  async #finishLater(
    message: MessageState,
    at: number,
    pending: Promise<Verdict | undefined>,
  ): Promise<MessageEnd> {
    this.#budget.waits();
    return this.#ended(this.#instances[at], await pending) ?? this.#finish(message, at + 1);
  }

  /** What follows from one filter's end of the message; undefined goes on to the next filter. */
  #ended(instance: FilterInstance, verdict: Verdict | undefined): MessageEnd | undefined {
    if (this.cancelled) return { verdict: tempfail(), ...NOTHING_CHANGED };
    if (verdict) {
      this.#conclude(verdict, instance, "eom");
      this.#message = undefined;
      return { verdict, ...NOTHING_CHANGED };
    }
    instance.endMessage();
    const message = this.#message!;
    if (message.quarantine === undefined || message.mta !== "postfix") return undefined;
    // Postfix asks no milter after one that has the message held; Sendmail asks them all.
    this.#abortOthers(instance, "Another filter has the message held");
    return this.#allEnded(message);
  }

  #allEnded(message: MessageState): MessageEnd {
    if (this.cancelled) return { verdict: tempfail(), ...NOTHING_CHANGED };
    const { headers, envelope, recipients, mta, bodyReplaced, body, quarantine } = message;
    const end: MessageEnd = {
      verdict: proceed(),
      header: headerActions(headers),
      envelope: envelope.length > 0 ? envelopeActions(envelope, addresses(recipients), mta) : NOTHING,
      body: bodyReplaced ? body : undefined,
      quarantine,
    };
    if (!end.body) message.close();
    message.verdict = end.verdict;
    this.#report(message, ACCEPTED, undefined, "eom");
    this.#message = undefined;
    // Those that accepted on the way still hold their state.
    for (const instance of this.#instances) instance.endMessage();
    return end;
  }

  // ---- verdicts

  /** An answer as a verdict that counts: failures by `onError`, a dry run's noted and passed over. */
  judge(instance: FilterInstance, event: number, answer: Given): Verdict {
    if (answer === undefined) return proceed();
    const verdict = answer instanceof Failure ? this.#fail(instance, nameOf(event), answer) : answer;
    if (!instance.plan.filter.dryRun || !isFinal(verdict)) return verdict;
    if (event & CONNECTION_EVENTS) this.#reportRefusal(instance, event, verdict);
    else this.note(instance, event, { verdict: describe(verdict) });
    if (answer instanceof Failure) return accept();
    // Had the verdict counted, nobody would have been asked any more.
    const concernsMore = event !== EventBit.rcpt && event !== REJECTED_RCPT && event !== EventBit.unknown;
    return concernsMore || verdict.kind === "discard" ? accept() : proceed();
  }

  /** Notes a failure; gives the verdict that the filter has for it. */
  #fail(instance: FilterInstance, event: EventName | "negotiate", failure: Failure): Verdict {
    const onError = instance.plan.filter.onError ?? "tempfail";
    this.#host.onFilterError?.(instance.name, event, failure.error, onError);
    if (instance.inMessage && event !== "unknown") {
      const late = failure.error instanceof FilterTimeoutError;
      this.#cleanup.abort(instance, late ? "The filter took too long" : "The filter failed");
    }
    return onError === "reject" ? reject() : onError === "accept" ? accept() : tempfail();
  }

  /** Ends the message for everybody with one filter's verdict. */
  #conclude(verdict: Verdict, by: FilterInstance | undefined, event: EventName): Verdict {
    const message = this.#message!;
    message.verdict = verdict;
    message.close();
    if (by && isFinal(verdict)) {
      this.note(by, EventBit[event as keyof typeof EventBit], { verdict: describe(verdict) });
    }
    this.#report(message, outcomeOf(verdict), by, event);
    this.#abortOthers(by, "Another filter ended the message");
    return verdict;
  }

  /** Abort for all that were told of the message and have not ended it themselves. */
  #abortOthers(by: FilterInstance | undefined, reason: string): void {
    for (const instance of this.#instances) {
      if (instance !== by && instance.out === Out.NO && instance.inMessage) {
        this.#cleanup.abort(instance, reason);
      } else {
        instance.endMessage();
      }
    }
  }

  /** The MTA, as far as it is known: by what it told at connect. */
  #mta(): MtaKind {
    return this.#mtaSeen ?? this.settings.mta ?? mtaOf(this.#host.macro("v"));
  }

  get cancelled(): boolean {
    return this.#info.cancelled;
  }

  get reports(): boolean {
    return this.#host.onMessage !== undefined;
  }

  allowance(instance: FilterInstance, event: number): Allowance {
    return this.#budget.allowance(event, instance.plan.filter.timeout ?? this.settings.timeouts.callback);
  }

  allowanceAtEnd(): Allowance {
    return this.#budget.allowance(EventBit.eom, Infinity);
  }

  // ---- reports

  note(instance: FilterInstance, event: number, note: Omit<FilterNote, "filter" | "event">): void {
    if (!this.#host.onMessage || !this.#message) return;
    const dryRun = instance.plan.filter.dryRun ? { dryRun: true } : {};
    this.#message.notes.push({ filter: instance.name, event: nameOf(event), ...note, ...dryRun });
  }

  #report(
    message: MessageState,
    outcome: Pick<MessageReport, "outcome" | "reply">,
    by: FilterInstance | undefined,
    event: EventName,
  ): void {
    this.#host.onMessage?.({
      queueId: this.#host.macro("i"),
      client: this.#clientName,
      sender: message.sender?.address,
      recipients: addresses(message.recipients),
      ...outcome,
      ...(by ? { filter: by.name } : {}),
      event,
      notes: message.notes,
      filters: this.#instances.map((instance) => instance.takeTime()).filter((time) => time !== undefined),
      ...(message.quarantine === undefined ? {} : { quarantine: message.quarantine }),
      milliseconds: this.settings.clock.now() - message.began,
    });
  }

  /** A message whose every recipient was refused is given up by its MTA: that is what became of it. */
  #reportAbort(message: MessageState): void {
    const { recipients, refusal } = message;
    if (recipients.length > 0 || !refusal) {
      return this.#report(message, { outcome: "abort" }, undefined, "abort");
    }
    this.#report(message, outcomeOf(refusal.verdict), refusal.by, "rcpt");
  }

  #reportRefusal(instance: FilterInstance, event: number, verdict: Verdict): void {
    this.#host.onRefusal?.({
      client: this.#clientName,
      helo: this.#info.helo,
      ...outcomeOf(verdict) as Pick<ConnectionReport, "outcome" | "reply">,
      filter: instance.name,
      event: nameOf(event) as ConnectionReport["event"],
      ...(instance.plan.filter.dryRun ? { dryRun: true } : {}),
    });
  }

  get #clientName(): string | undefined {
    return this.#info.client?.address || this.#info.client?.hostname;
  }
}

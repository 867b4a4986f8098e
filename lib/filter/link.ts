/**
 * One filter on one connection: its state, its place in the message, and the calling of its callbacks.
 *
 * @module
 */

import type { EnvelopeAddress } from "../message/envelope.ts";
import type { HeaderField } from "../message/header.ts";
import type { MtaKind } from "../message/mta.ts";
import type { EventName } from "../protocol/constants.ts";
import type { MacroFilter } from "../protocol/macros.ts";
import type { Offer } from "../protocol/negotiate.ts";
import type { ConnectionHost } from "./chain_host.ts";
import type { Client, MessageContext } from "./context.ts";
import type { EndOfMessage } from "./end_of_message.ts";
import type { FilterTerms } from "./filter.ts";
import { callbackOf, CONTENT_EVENTS, EventBit, nameOf, REJECTED_RCPT } from "./event_bits.ts";
import type { Plan } from "./plan.ts";
import type { FilterNote, FilterTime } from "./report.ts";
import type { Verdict } from "./verdict.ts";
import type { Given, MaybePromise } from "./waiting.ts";

/** What all filters of a connection share. */
export interface ConnectionInfo {
  /** The SMTP client, once known. */
  client: Client | undefined;
  /** The name in HELO, once known. */
  helo: string | undefined;
  /** Where macros are looked up. */
  readonly host: ConnectionHost;
  /** The MTA whose ways are followed. */
  readonly mta: () => MtaKind;
}

/** What all filters share of a message. */
export interface MessageInfo {
  /** The sender. */
  sender: EnvelopeAddress | undefined;
  /** The recipients that no filter refused. */
  readonly recipients: EnvelopeAddress[];
  /** What the filters said and did, for the log. */
  readonly notes: FilterNote[];
}

/** A callback that did not answer as it should: it threw, took too long, or answered what it may not. */
export class Failure {
  /** Why. */
  readonly error: unknown;
  /** Whether the callback is still at work. */
  readonly pending: Promise<unknown> | undefined;

  /**
   * @param error why
   * @param pending the callback, where it is still at work
   */
  constructor(error: unknown, pending?: Promise<unknown>) {
    this.error = error;
    this.pending = pending;
  }
}

/** A callback took longer than it may. */
export class FilterTimeoutError extends Error {
  override readonly name = "FilterTimeoutError";
  /** Always `filter-timeout`. */
  readonly code = "filter-timeout";
  /** The time it had, in milliseconds. */
  readonly value: number;

  /** @param milliseconds the time it had */
  constructor(milliseconds: number) {
    super(`No answer within ${milliseconds} ms`);
    this.value = milliseconds;
  }
}

/**
 * A callback that works for so long without a pause has held up everybody else's mail, in milliseconds. It cannot be
 * interrupted: time-outs need a pause, too.
 */
const STALL = 250;

/** How far a filter is out of a connection. */
export const Out = {
  /** It is asked. */
  NO: 0,
  /** Until the next message. */
  MESSAGE: 1,
  /** For good. */
  CONNECTION: 2,
  /** Until a recipient comes that it is for, or the content. */
  RECIPIENT: 3,
} as const;

const NO_MESSAGE: MessageInfo = {
  sender: undefined,
  recipients: [],
  notes: Object.freeze([]) as unknown as FilterNote[],
};

/**
 * A context is made anew for each message, so that a callback that comes too late cannot touch the next message. What
 * few filters ask for is made when it is asked for.
 */
class Context implements MessageContext<unknown, unknown> {
  readonly connectionState: unknown;
  readonly messageState: unknown;
  readonly #link: Link;
  readonly #connection: ConnectionInfo;
  readonly #message: MessageInfo;
  #controller: AbortController | undefined;

  constructor(
    link: Link,
    connection: ConnectionInfo,
    message: MessageInfo,
    connectionState: unknown,
    messageState: unknown,
  ) {
    this.#link = link;
    this.#connection = connection;
    this.#message = message;
    this.connectionState = connectionState;
    this.messageState = messageState;
  }

  /** A function of its own, like `remark`, so that the filter may take it out of its context. */
  get macro(): (name: string) => string | undefined {
    return this.#link.macro;
  }

  get macrosOf(): (event: EventName) => readonly Uint8Array[] {
    const link = this.#link;
    const { host } = this.#connection;
    return (event) => host.macrosOf?.(event, link.macroView) ?? [];
  }

  get mta(): MtaKind {
    return this.#connection.mta();
  }

  get terms(): FilterTerms {
    return this.#link.plan.terms;
  }

  get remark(): (text: string) => void {
    const { notes } = this.#message;
    const filter = this.#link.name;
    return (remark) => void notes.push({ filter, remark });
  }

  get client(): Client | undefined {
    return this.#connection.client;
  }

  get helo(): string | undefined {
    return this.#connection.helo;
  }

  get sender(): EnvelopeAddress | undefined {
    return this.#message.sender;
  }

  get recipients(): readonly EnvelopeAddress[] {
    return this.#message.recipients;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  cancel(reason: string): void {
    this.#controller?.abort(new DOMException(reason, "AbortError"));
  }
}

/** One filter on one connection. */
export class Link {
  /** Its terms on this connection. */
  plan: Plan;
  /** How far it is out, see {@linkcode Out}. */
  out: number = Out.NO;
  /** Whether it was told of the message at hand, and has not ended it. */
  inMessage = false;
  /** Whether it gets the content as it comes; else at the end, with the changes of those before it. */
  live = true;
  /** Whether it wants no more of the body. */
  bodyDone = false;
  /** Its verdict on content, while filters before it may yet end the message. */
  held: Verdict | undefined;

  /** Which macros it is shown; undefined: all. */
  macroView: MacroFilter | undefined;

  /** What all filters of the connection share. */
  protected readonly info: ConnectionInfo;
  #macro: ((name: string) => string | undefined) | undefined;
  #connection: Context | undefined;
  #message: Context | undefined;
  #closed = false;
  /** Whether anybody wants to know how long it takes. */
  readonly #isTimed: boolean;
  /** Whether it was told of the message at hand, though it may have ended it since. */
  #tookPart = false;
  /** How long its callbacks took since the last message, in milliseconds, and when the last of them returned. */
  #spent = 0;
  #returned = 0;
  /** A callback that took too long and is still at work, then its abort. */
  #late: Promise<unknown> | undefined;

  /**
   * @param plan the filter's terms
   * @param info what it shares with the others
   */
  constructor(plan: Plan, info: ConnectionInfo) {
    this.plan = plan;
    this.info = info;
    this.#isTimed = info.host.onMessage !== undefined;
  }

  /** Looks a macro up for the filter. */
  get macro(): (name: string) => string | undefined {
    return this.#macro ??= (name) => this.info.host.macro(name, this.macroView);
  }

  /** The filter's name. */
  get name(): string {
    return this.plan.filter.name;
  }

  /** Whether it is to be called for an event now. */
  hears(event: number): boolean {
    if (this.out !== Out.NO || (this.plan.hears & event) === 0 || this.held !== undefined) return false;
    return (event & CONTENT_EVENTS) === 0 || (this.live && !(event === EventBit.body && this.bodyDone));
  }

  /** Whether it waits for more of the body, now or at the end. */
  get wantsBody(): boolean {
    return this.out === Out.NO && this.held === undefined && !this.bodyDone &&
      (this.plan.hears & EventBit.body) !== 0;
  }

  /**
   * Asks it for its terms.
   *
   * @throws what the callback threw
   */
  negotiate(offer: Offer): unknown {
    return this.plan.filter.negotiate!(offer, this.#connectionContext());
  }

  protected beginMessage(info: MessageInfo): Failure | undefined {
    this.inMessage = true;
    this.#tookPart = true;
    this.live = true;
    this.bodyDone = false;
    this.held = undefined;
    try {
      const connection = this.#connectionContext();
      const state = this.plan.filter.messageState?.();
      this.#message = new Context(this, this.info, info, connection.connectionState, state);
    } catch (error) {
      this.#message = undefined;
      return new Failure(error);
    }
  }

  /**
   * Asks it at an event, where it has anything to say there; a message begins for it with its sender.
   *
   * @param message the message at hand; undefined before one
   */
  ask(event: number, argument: unknown, message: MessageInfo | undefined): MaybePromise<Given> {
    if (event === EventBit.mail && this.out === Out.NO) {
      const failure = this.beginMessage(message!);
      if (failure) return failure;
    }
    const callback = callbackOf(event);
    if (!this.hears(callback)) return undefined;
    if (event === REJECTED_RCPT && !this.plan.rejectedRecipients) return undefined;
    return this.call(callback, argument);
  }

  /** Calls the callback of an event. A throw becomes a {@linkcode Failure}. */
  call(event: number, argument: unknown): MaybePromise<Given> {
    if (!this.#isTimed) return this.#call(event, argument);
    const began = performance.now();
    const answer = this.#call(event, argument);
    this.#returned = performance.now();
    const worked = this.#returned - began;
    this.#spent += worked;
    if (worked >= STALL) this.info.host.onStall?.(this.name, nameOf(event), worked);
    return answer;
  }

  /** Told when the callback called last, which made everybody wait, has answered or had its time. */
  answered(): void {
    if (this.#isTimed) this.#spent += performance.now() - this.#returned;
  }

  /** How long it took for the message; undefined where it took no part. The next message is measured anew. */
  takeTime(): FilterTime | undefined {
    if (!this.#tookPart) return undefined;
    const milliseconds = this.#spent;
    this.#spent = 0;
    this.#tookPart = false;
    return { filter: this.name, milliseconds, ...(this.plan.filter.dryRun ? { dryRun: true } : {}) };
  }

  #call(event: number, argument: unknown): MaybePromise<Given> {
    const { filter } = this.plan;
    try {
      switch (event) {
        case EventBit.header:
          return filter.header!(argument as HeaderField, this.#message!);
        case EventBit.body:
          return filter.body!(argument as Uint8Array, this.#message!);
        case EventBit.connect:
          return filter.connect!(argument as Client, this.#connectionContext());
        case EventBit.helo:
          return filter.helo!(argument as string, this.#connectionContext());
        case EventBit.unknown:
          return filter.unknown!(argument as string, this.#connectionContext());
        case EventBit.mail:
          return filter.mail!(argument as EnvelopeAddress, this.#message!);
        case EventBit.rcpt:
          return filter.rcpt!(argument as EnvelopeAddress, this.#message!);
        case EventBit.data:
          return filter.data!(this.#message!);
        case EventBit.eoh:
          return filter.eoh!(this.#message!);
        default:
          return filter.eom!(argument as EndOfMessage, this.#message!);
      }
    } catch (error) {
      return new Failure(error);
    }
  }

  /** Tells the filter's own work that the message is over, without calling it. */
  cancel(reason: string): void {
    this.#message?.cancel(reason);
  }

  /** Ends the message for it: its state goes. */
  endMessage(): void {
    this.inMessage = false;
    this.held = undefined;
    this.#message = undefined;
    if (this.out === Out.MESSAGE || this.out === Out.RECIPIENT) this.out = Out.NO;
  }

  /**
   * Ends the message for it before its end: its signal, then its abort callback. Does nothing where it has no message.
   *
   * @param after a callback that is still at work; abort waits for it, and close for both
   * @returns what the callback gave
   * @throws what the callback threw
   */
  abort(reason: string, after?: Promise<unknown>): void | Promise<void> {
    const context = this.#message;
    const told = this.inMessage;
    this.inMessage = false;
    this.held = undefined;
    this.#message = undefined;
    if (!context || !told) return;
    context.cancel(reason);
    if (after) {
      const call = () => this.plan.filter.abort?.(context);
      const late = after.then(call, call);
      this.#late = late.catch(() => {});
      return late;
    }
    return this.plan.filter.abort?.(context);
  }

  /** Whether it has state of the connection, which is to be closed. */
  protected get hasState(): boolean {
    return this.#connection !== undefined;
  }

  /** Leaves it out of the connection before it was told of it. Where it has state already, it is still to be closed. */
  leaveOut(): void {
    this.out = Out.CONNECTION;
    this.#closed = this.#connection === undefined;
  }

  /**
   * Takes it out of the connection: its close callback, then its state goes. Once only.
   *
   * @returns what the callback gave
   * @throws what the callback threw
   */
  close(): void | Promise<void> {
    this.out = Out.CONNECTION;
    if (this.#closed) return;
    this.#closed = true;
    const context = this.#connection;
    this.#connection = undefined;
    this.#message = undefined;
    const { filter } = this.plan;
    if (!filter.close) return;
    const call = () => filter.close!(context ?? this.#newConnectionContext());
    // Detached: the connection does not wait for a callback that has had its time.
    if (this.#late) void this.#late.then(call).catch(() => {});
    else return call();
  }

  #connectionContext(): Context {
    return this.#connection ??= this.#newConnectionContext();
  }

  #newConnectionContext(): Context {
    const state = this.plan.filter.connectionState?.();
    return new Context(this, this.info, NO_MESSAGE, state, undefined);
  }
}

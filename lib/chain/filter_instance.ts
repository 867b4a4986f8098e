/**
 * One filter on one connection: its state, its place in the message, and the calling of its callbacks.
 *
 * @module
 */

import type { EnvelopeAddress } from "../message/envelope.ts";
import type { HeaderField } from "../message/header.ts";
import type { MacroFilter } from "../protocol/macros.ts";
import type { Offer } from "../protocol/negotiate.ts";
import type { Allowance } from "./budget.ts";
import type { Client } from "../filter/context.ts";
import type { EndOfMessage } from "../filter/end_of_message.ts";
import type { Answer } from "../filter/filter.ts";
import { CONTENT_EVENTS, EventBit } from "../protocol/events.ts";
import { callbackOf, nameOf, REJECTED_RCPT } from "./callback_events.ts";
import { Failure } from "./failure.ts";
import { LateWork } from "./late_work.ts";
import { CallbackContext } from "./callback_context.ts";
import type { Plan } from "./plan.ts";
import type { ConnectionInfo, MessageInfo } from "./participant_info.ts";
import type { FilterNote, FilterTime } from "../filter/report.ts";
import type { Verdict } from "../filter/verdict.ts";
import { type Given, guard, type MaybePromise, settling } from "./maybe_promise.ts";

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

/** One filter on one connection. */
export class FilterInstance {
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
  #connection: CallbackContext | undefined;
  #message: CallbackContext | undefined;
  #closed = false;
  /** Whether anybody wants to know how long it takes. */
  readonly #isTimed: boolean;
  /** Whether it was told of the message at hand, though it may have ended it since. */
  #tookPart = false;
  /** How long its callbacks took since the last message, in milliseconds, and when the last of them returned. */
  #spent = 0;
  #returned = 0;
  /** Its callbacks that had their time and are still at work. */
  #late: LateWork | undefined;
  /** The same, those of the message at hand alone. */
  #lateInMessage: LateWork | undefined;

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
    return settling<unknown>(this.plan.filter.negotiate!(offer, this.#connectionContext()));
  }

  protected beginMessage(info: MessageInfo): Failure | undefined {
    this.inMessage = true;
    this.#tookPart = true;
    this.live = true;
    this.bodyDone = false;
    this.held = undefined;
    this.#lateInMessage = undefined;
    try {
      const connection = this.#connectionContext();
      const state = this.plan.filter.messageState?.();
      this.#message = new CallbackContext(this, this.info, info, connection.connectionState, state);
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

  /** Calls the callback of an event. A throw becomes a {@linkcode Failure}, now or later. */
  call(event: number, argument: unknown): MaybePromise<Given> {
    if (!this.#isTimed) return this.#call(event, argument);
    const { clock } = this.info;
    const began = clock.now();
    const answer = this.#call(event, argument);
    this.#returned = clock.now();
    const worked = this.#returned - began;
    this.#spent += worked;
    if (worked >= STALL) this.info.host.onStall?.(this.name, nameOf(event), worked);
    return answer;
  }

  /** Waits for a callback that takes its time, as long as it may. */
  wait<T>(pending: Promise<T | Failure>, allowance: Allowance): Promise<T | Failure> {
    const { clock } = this.info;
    return guard(pending, allowance, clock).then((given) => {
      if (this.#isTimed) this.#spent += clock.now() - this.#returned;
      if (given instanceof Failure && given.pending) {
        this.goesOn(given.pending);
        (this.#lateInMessage ??= new LateWork()).add(given.pending);
      }
      return given;
    });
  }

  /** Told of a callback that is still at work after its time; its promise never rejects. */
  goesOn(pending: Promise<unknown>): void {
    (this.#late ??= new LateWork()).add(pending);
  }

  /** Settled when all callbacks are done that had their time; undefined where none is still at work. */
  get late(): Promise<unknown> | undefined {
    return this.#late?.done;
  }

  /** The same for those of the message at hand alone. */
  get lateInMessage(): Promise<unknown> | undefined {
    return this.#lateInMessage?.done;
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
    try {
      return settling(this.#answerTo(event, argument));
    } catch (error) {
      return new Failure(error);
    }
  }

  #answerTo(event: number, argument: unknown): Answer {
    const { filter } = this.plan;
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
   * Ends the message for it before its end, and aborts its signal.
   *
   * @returns calls its abort callback; undefined where it has none, or no message
   */
  abort(reason: string): (() => unknown) | undefined {
    const context = this.#message;
    const told = this.inMessage;
    this.inMessage = false;
    this.held = undefined;
    this.#message = undefined;
    if (!context || !told) return undefined;
    context.cancel(reason);
    const { filter } = this.plan;
    return filter.abort && (() => filter.abort!(context));
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
   * Takes it out of the connection: its state goes.
   *
   * @returns calls its close callback; undefined where it has none, or was closed before
   */
  close(): (() => unknown) | undefined {
    this.out = Out.CONNECTION;
    if (this.#closed) return undefined;
    this.#closed = true;
    const context = this.#connection;
    this.#connection = undefined;
    this.#message = undefined;
    const { filter } = this.plan;
    return filter.close && (() => filter.close!(context ?? this.#newConnectionContext()));
  }

  #connectionContext(): CallbackContext {
    return this.#connection ??= this.#newConnectionContext();
  }

  #newConnectionContext(): CallbackContext {
    const state = this.plan.filter.connectionState?.();
    return new CallbackContext(this, this.info, NO_MESSAGE, state, undefined);
  }
}

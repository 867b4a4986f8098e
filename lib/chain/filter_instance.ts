/**
 * One filter on one connection: keeps its state, tracks whether it takes part, and calls its callbacks.
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
import type { Answer } from "../filter/allowed.ts";
import { CONTENT_EVENTS, EventBit } from "../protocol/events.ts";
import { callbackOf, nameOf, REJECTED_RCPT } from "./callback_events.ts";
import { Failure } from "./failure.ts";
import { LateWork } from "./late_work.ts";
import { CallbackContext } from "./callback_context.ts";
import { macroView } from "./macro_lists.ts";
import type { Plan } from "./plan.ts";
import { noteRunning } from "./running_filter.ts";
import type { ConnectionInfo, EndingMessage, MessageInfo } from "./participant_info.ts";
import type { FilterTime } from "../filter/report.ts";
import type { Verdict } from "../filter/verdict.ts";
import { type Given, guard, type MaybePromise, settling } from "./maybe_promise.ts";

/**
 * A callback that runs this long without yielding is reported as a stall, in milliseconds: it blocked all other mail.
 * It cannot be interrupted, as time-outs only fire when it yields.
 */
const STALL = 250;

/** Whether, and for how long, a filter is left out. */
export const Out = {
  /** It takes part. */
  NO: 0,
  /** Until the next message. */
  MESSAGE: 1,
  /** Until the end of the connection. */
  CONNECTION: 2,
  /** Until a recipient in its scope comes, or the content. */
  RECIPIENT: 3,
} as const;

/** One filter on one connection. */
export class FilterInstance {
  /** Its terms on this connection. */
  plan: Plan;
  /** Whether it is left out, see {@linkcode Out}. */
  out: number = Out.NO;
  /** Whether it was told of the current message and has not ended it. */
  inMessage = false;
  /** Whether it gets the content as it arrives; else at the end, as changed by the filters before it. */
  live = true;
  /** Whether it wants no more of the body. */
  bodyDone = false;
  /** Its verdict on content, held back while filters before it may still end the message. */
  held: Verdict | undefined;

  /** What all filters of the connection share. */
  protected readonly info: ConnectionInfo;
  #macroView: MacroFilter | undefined;
  #macro: ((name: string) => string | undefined) | undefined;
  #connection: CallbackContext | undefined;
  #message: CallbackContext | undefined;
  #closed = false;
  /** Whether its callbacks are timed. */
  readonly #isTimed: boolean;
  /** Whether it was told of the current message, even if it has ended it since. */
  #tookPart = false;
  /** How long its callbacks took since the last message, in milliseconds, and when the last one returned. */
  #spent = 0;
  #returned = 0;
  /** Its callbacks that timed out and are still running. */
  #late: LateWork | undefined;
  /** The same for the current message only. */
  #lateInMessage: LateWork | undefined;

  /**
   * @param plan the filter's terms
   * @param info what all filters of the connection share
   */
  constructor(plan: Plan, info: ConnectionInfo) {
    this.plan = plan;
    this.info = info;
    this.#isTimed = info.host.onMessage !== undefined;
  }

  /** Looks up a macro for the filter. */
  get macro(): (name: string) => string | undefined {
    return this.#macro ??= (name) => this.info.host.macro(name, this.macroView);
  }

  /** Which macros it sees; undefined: all. */
  get macroView(): MacroFilter | undefined {
    const { requestedMacros } = this.info;
    if (this.#macroView || !requestedMacros) return this.#macroView;
    const { macros, macrosAtMail } = this.plan;
    return this.#macroView = macroView(macros, macrosAtMail, requestedMacros, () => this.info.mta());
  }

  /** The filter's name. */
  get name(): string {
    return this.plan.filter.name;
  }

  /** Whether to call it for an event now. */
  hears(event: number): boolean {
    if (this.out !== Out.NO || (this.plan.hears & event) === 0 || this.held !== undefined) return false;
    return (event & CONTENT_EVENTS) === 0 || (this.live && !(event === EventBit.body && this.bodyDone));
  }

  /**
   * Whether it takes part in the end of a message.
   *
   * @throws what its scope threw
   */
  isForEnd(_message: EndingMessage): boolean {
    return true;
  }

  /** Whether it waits for more of the body: for its callback, or for what its `eom` reads. */
  get wantsBody(): boolean {
    if (this.out !== Out.NO || this.held !== undefined) return false;
    return this.plan.content || (!this.bodyDone && (this.plan.hears & EventBit.body) !== 0);
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
   * Calls it for an event if it has a callback there. The sender begins a message for it.
   *
   * @param message the current message; undefined before one
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

  /** Waits for an asynchronous callback, up to its time limit. */
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

  /** Registers a callback that is still running after its time-out; its promise must never reject. */
  goesOn(pending: Promise<unknown>): void {
    (this.#late ??= new LateWork()).add(pending);
  }

  /** Settled when all callbacks that timed out have finished; undefined if none is running. */
  get late(): Promise<unknown> | undefined {
    return this.#late?.done;
  }

  /** The same for the current message only. */
  get lateInMessage(): Promise<unknown> | undefined {
    return this.#lateInMessage?.done;
  }

  /** Returns how long it took for the message, and resets the measurement; undefined if it took no part. */
  takeTime(): FilterTime | undefined {
    if (!this.#tookPart) return undefined;
    const milliseconds = this.#spent;
    this.#spent = 0;
    this.#tookPart = false;
    return { filter: this.name, milliseconds, ...(this.plan.filter.dryRun ? { dryRun: true } : {}) };
  }

  #call(event: number, argument: unknown): MaybePromise<Given> {
    noteRunning(this.plan.filter.name);
    try {
      return settling(this.#answerTo(event, argument));
    } catch (error) {
      return new Failure(error);
    } finally {
      noteRunning(undefined);
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

  /** Aborts the signals of connection and message, without calling the filter. */
  cancel(reason: string): void {
    this.#connection?.cancel(reason);
    this.#message?.cancel(reason);
  }

  /** Ends the message for it and drops its state. */
  endMessage(): void {
    this.inMessage = false;
    this.held = undefined;
    this.#message = undefined;
    if (this.out === Out.MESSAGE || this.out === Out.RECIPIENT) this.out = Out.NO;
  }

  /**
   * Ends an unfinished message for it and aborts its signal.
   *
   * @returns a function that calls its abort callback; undefined if it has no such callback or no message
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

  /** Whether it holds state of the connection, which its close callback must release. */
  protected get hasState(): boolean {
    return this.#connection !== undefined;
  }

  /** Leaves it out of a connection that it was not told of yet. If it has state already, it must still be closed. */
  leaveOut(): void {
    this.out = Out.CONNECTION;
    this.#closed = this.#connection === undefined;
  }

  /**
   * Ends the connection for it and drops its state.
   *
   * @returns a function that calls its close callback; undefined if it has no such callback or is closed already
   */
  close(): (() => unknown) | undefined {
    this.out = Out.CONNECTION;
    if (this.#closed) return undefined;
    this.#closed = true;
    const context = this.#connection;
    context?.cancel("the connection ended");
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
    return new CallbackContext(this, this.info, undefined, state, undefined);
  }
}

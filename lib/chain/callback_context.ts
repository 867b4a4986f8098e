/**
 * The context that a chain passes to a filter's callbacks.
 *
 * @module
 */

import type { EnvelopeAddress } from "../message/envelope.ts";
import type { MtaKind } from "../message/mta.ts";
import type { EventName } from "../protocol/constants.ts";
import type { MacroFilter } from "../protocol/macros.ts";
import type { Client, MessageContext } from "../filter/context.ts";
import { LabelSet } from "../filter/labels.ts";
import { type Logger, makeLogger } from "../filter/logger.ts";
import { type MessageResults, ResultList } from "../filter/results.ts";
import type { FilterTerms } from "../filter/filter_terms.ts";
import type { ConnectionInfo, MessageInfo } from "./participant_info.ts";
import type { Plan } from "./plan.ts";

const NO_RECIPIENTS: readonly EnvelopeAddress[] = [];

/** The filter that a context is for, on one connection. */
export interface ContextOwner {
  /** Its name. */
  readonly name: string;
  /** Its terms on the connection. */
  readonly plan: Plan;
  /** Looks up a macro for it. */
  readonly macro: (name: string) => string | undefined;
  /** Which macros it sees; undefined: all. */
  readonly macroView: MacroFilter | undefined;
}

/**
 * The context of one message, or of a connection before its messages. Each message gets its own, so that a late callback
 * cannot touch the next message.
 * Members that few filters use are created on first use.
 */
export class CallbackContext implements MessageContext<unknown, unknown> {
  readonly connectionState: unknown;
  readonly messageState: unknown;
  readonly #instance: ContextOwner;
  readonly #connection: ConnectionInfo;
  readonly #message: MessageInfo | undefined;
  #controller: AbortController | undefined;
  /** Why the message or the connection is over, if it ended without this filter or after its time-out. */
  #cancelled: string | undefined;

  /**
   * @param instance the filter
   * @param connection the connection
   * @param message the message; undefined for the context of the connection
   * @param connectionState the filter's state of the connection
   * @param messageState its state of the message
   */
  constructor(
    instance: ContextOwner,
    connection: ConnectionInfo,
    message: MessageInfo | undefined,
    connectionState: unknown,
    messageState: unknown,
  ) {
    this.#instance = instance;
    this.#connection = connection;
    this.#message = message;
    this.connectionState = connectionState;
    this.messageState = messageState;
  }

  /** Not bound to `this`, like `remark`, so that a filter can destructure it from the context. */
  get macro(): (name: string) => string | undefined {
    return this.#instance.macro;
  }

  get macrosOf(): (event: EventName) => readonly Uint8Array[] {
    const instance = this.#instance;
    const { host } = this.#connection;
    return (event) => host.macrosOf?.(event, instance.macroView) ?? [];
  }

  get mta(): MtaKind {
    return this.#connection.mta();
  }

  get terms(): FilterTerms {
    return this.#instance.plan.terms;
  }

  get remark(): (text: string) => void {
    const about = this.#message ?? this.#connection;
    const filter = this.#instance.name;
    return (remark) => void (about.notes ??= []).push({ filter, remark });
  }

  get label(): (text: string) => void {
    const about = this.#message ?? this.#connection;
    return (text) => (about.labels ??= new LabelSet()).add(text);
  }

  get log(): Logger {
    const { host } = this.#connection;
    const filter = this.#instance.name;
    const message = this.#message;
    return makeLogger((level, text, fields) => {
      // A callback that took too long may log while the next message is under way.
      const lastId = message?.lastId;
      const queueId = lastId === undefined ? host.macro("i") : lastId ?? undefined;
      host.onLog?.(filter, level, text, fields, queueId);
    });
  }

  get explain(): ((text: string) => void) | undefined {
    const { onExplain } = this.#connection.host;
    const filter = this.#instance.name;
    return onExplain && ((text) => onExplain(filter, text));
  }

  get client(): Client | undefined {
    return this.#connection.client;
  }

  get listener(): string | undefined {
    return this.#connection.host.listener;
  }

  get helo(): string | undefined {
    return this.#connection.helo;
  }

  get results(): MessageResults {
    // Without a message there is nobody to share results with.
    return this.#message ? this.#message.results ??= new ResultList() : new ResultList();
  }

  get sender(): EnvelopeAddress | undefined {
    return this.#message?.sender;
  }

  get recipients(): readonly EnvelopeAddress[] {
    return this.#message?.recipients ?? NO_RECIPIENTS;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#cancelled !== undefined) this.#controller.abort(abortError(this.#cancelled));
    }
    return this.#controller.signal;
  }

  cancel(reason: string): void {
    // The error is made only if somebody asks for the signal: this runs for every connection.
    if (this.#cancelled !== undefined) return;
    this.#cancelled = reason;
    this.#controller?.abort(abortError(reason));
  }
}

function abortError(reason: string): DOMException {
  return new DOMException(reason, "AbortError");
}

/**
 * The context of a filter's callbacks, as its place in a chain makes it.
 *
 * @module
 */

import type { EnvelopeAddress } from "../message/envelope.ts";
import type { MtaKind } from "../message/mta.ts";
import type { EventName } from "../protocol/constants.ts";
import type { MacroFilter } from "../protocol/macros.ts";
import type { Client, MessageContext } from "../filter/context.ts";
import type { FilterTerms } from "../filter/filter_terms.ts";
import type { ConnectionInfo, MessageInfo } from "./participant_info.ts";
import type { Plan } from "./plan.ts";

/** The filter that a context is for, on one connection. */
export interface ContextOwner {
  /** Its name. */
  readonly name: string;
  /** Its terms there. */
  readonly plan: Plan;
  /** Looks a macro up for it. */
  readonly macro: (name: string) => string | undefined;
  /** Which macros it is shown; undefined: all. */
  readonly macroView: MacroFilter | undefined;
}

/**
 * A context is made anew for each message, so that a callback that comes too late cannot touch the next message. What
 * few filters ask for is made when it is asked for.
 */
export class CallbackContext implements MessageContext<unknown, unknown> {
  readonly connectionState: unknown;
  readonly messageState: unknown;
  readonly #instance: ContextOwner;
  readonly #connection: ConnectionInfo;
  readonly #message: MessageInfo;
  #controller: AbortController | undefined;
  /** Why the message is over, where it ended without this filter or too late for it. */
  #cancelled: DOMException | undefined;

  constructor(
    instance: ContextOwner,
    connection: ConnectionInfo,
    message: MessageInfo,
    connectionState: unknown,
    messageState: unknown,
  ) {
    this.#instance = instance;
    this.#connection = connection;
    this.#message = message;
    this.connectionState = connectionState;
    this.messageState = messageState;
  }

  /** A function of its own, like `remark`, so that the filter may take it out of its context. */
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
    const { notes } = this.#message;
    const filter = this.#instance.name;
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
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#cancelled) this.#controller.abort(this.#cancelled);
    }
    return this.#controller.signal;
  }

  cancel(reason: string): void {
    this.#cancelled ??= new DOMException(reason, "AbortError");
    this.#controller?.abort(this.#cancelled);
  }
}

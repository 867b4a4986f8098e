/**
 * What a filter is: a plain object with a name and callbacks.
 *
 * @module
 */

import type { Offer } from "../protocol/negotiate.ts";
import type { HeaderField } from "../message/header.ts";
import type { EnvelopeAddress } from "../message/envelope.ts";
import type { EndOfMessage } from "./end_of_message.ts";
import type { Client, ConnectionContext, MessageContext } from "./context.ts";
import type { FilterTerms } from "./filter_terms.ts";
import type { Scope } from "./scope.ts";
import type { Verdict } from "./verdict.ts";

/** What a callback gives back: a verdict, nothing (go on), or a promise of either. */
export type Answer = Verdict | void | Promise<Verdict | void>;

/** What happens to a message, or at connect and helo to the session, when a filter fails. */
export type OnError = "tempfail" | "reject" | "accept";

/**
 * A mail filter.
 *
 * `C` is what it keeps for a connection, `M` for a message: made by `connectionState` and `messageState`, reached in
 * the callbacks through their context, let go at close, end of message or abort, whichever comes.
 *
 * Callbacks may be sync or async. An event without a callback costs nothing. A callback that throws, or takes longer
 * than `timeout`, or answers what it may not, gives `onError`, is logged, and the connection goes on.
 */
export interface Filter<C = unknown, M = unknown> extends FilterTerms {
  /** Shown in logs. */
  readonly name: string;
  /** @default "tempfail" */
  readonly onError?: OnError;
  /** Longest time of a callback other than `eom`, in milliseconds, 1 to 600000. @default the server's, 8000 */
  readonly timeout?: number;
  /** Which connections, messages and recipients it is for. @default all */
  readonly scope?: Scope;
  /** It sees everything, but its verdicts and changes are only logged. @default false */
  readonly dryRun?: boolean;
  /**
   * Its callbacks act outside of the message (they count, or write): it is shown content only when every filter before
   * it has let the message through. @default false
   */
  readonly actsOutside?: boolean;

  /** Makes the state of a connection. */
  readonly connectionState?: () => C;
  /** Makes the state of a message. */
  readonly messageState?: () => M;

  /**
   * What the MTA offers (`xxfi_negotiate`). Returns terms for this connection in place of the filter's own; a verdict
   * `reject` leaves the filter out of this connection. The context has the state of the connection, and nothing else yet.
   */
  negotiate?(
    offer: Offer,
    context: ConnectionContext<C>,
  ): FilterTerms | Answer | Promise<FilterTerms | Verdict | void>;
  /** Someone connected to the MTA (`xxfi_connect`). */
  connect?(client: Client, context: ConnectionContext<C>): Answer;
  /** HELO or EHLO (`xxfi_helo`). May come more than once. */
  helo?(name: string, context: ConnectionContext<C>): Answer;
  /** The sender: a message begins (`xxfi_envfrom`). */
  mail?(sender: EnvelopeAddress, context: MessageContext<C, M>): Answer;
  /** One recipient (`xxfi_envrcpt`). A rejection concerns this recipient alone. */
  rcpt?(recipient: EnvelopeAddress, context: MessageContext<C, M>): Answer;
  /** The DATA command (`xxfi_data`). */
  data?(context: MessageContext<C, M>): Answer;
  /** One header field (`xxfi_header`). */
  header?(field: HeaderField, context: MessageContext<C, M>): Answer;
  /** The header is complete (`xxfi_eoh`). */
  eoh?(context: MessageContext<C, M>): Answer;
  /**
   * A piece of the body (`xxfi_body`): a packet of the MTA, or, where no filter gives a verdict at `body`, what has come of
   * one. Its edges fall anywhere, also between CR and LF. It may be kept, but not written
   * to: later filters read the same bytes.
   */
  body?(chunk: Uint8Array, context: MessageContext<C, M>): Answer;
  /** The message is complete; here, and only here, it can be changed (`xxfi_eom`). */
  eom?(message: EndOfMessage, context: MessageContext<C, M>): Answer;
  /**
   * The message ends without an `eom` of this filter that succeeded, and without a verdict of it that took effect
   * (`xxfi_abort`).
   */
  abort?(context: MessageContext<C, M>): void | Promise<void>;
  /** An SMTP command that the MTA does not know (`xxfi_unknown`). Only reject and tempfail can be answered. */
  unknown?(command: string, context: ConnectionContext<C>): Answer;
  /** The connection is over, however it ended, even before `connect` (`xxfi_close`). */
  close?(context: ConnectionContext<C>): void | Promise<void>;
}

/**
 * Gives a filter its types: what `connectionState` and `messageState` make is what the contexts hold.
 *
 * @param filter the filter
 * @returns the same filter
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defineFilter } from "./filter.ts";
 *
 * const counter = defineFilter({
 *   name: "counter",
 *   changes: ["addHeader"],
 *   verdicts: [],
 *   messageState: () => ({ bytes: 0 }),
 *   body(chunk, context) {
 *     context.messageState.bytes += chunk.length;
 *   },
 *   eom(message, context) {
 *     message.addHeader("X-Body-Bytes", String(context.messageState.bytes));
 *   },
 * });
 * assert.equal(counter.name, "counter");
 * ```
 */
export function defineFilter<C = undefined, M = undefined>(filter: Filter<C, M>): Filter<C, M> {
  return filter;
}

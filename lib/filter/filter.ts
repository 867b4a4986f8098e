/**
 * What a filter is: an object with a name and callbacks.
 *
 * @module
 */

import type { Offer } from "../protocol/negotiate.ts";
import type { HeaderField } from "../message/header.ts";
import type { EnvelopeAddress } from "../message/envelope.ts";
import type { Answer, AnswerAt, EndOfMessageFor } from "./allowed.ts";
import type { Client, ConnectionContext, MessageContext } from "./context.ts";
import type { ContentKind, FilterTerms } from "./filter_terms.ts";
import type { Scope } from "./scope.ts";
import type { Verdict } from "./verdict.ts";

/** What happens when a filter fails: to the message, or, at connect and helo, to the session. */
export type OnError = "tempfail" | "reject" | "accept";

/** Settings of a filter in addition to its terms. */
export interface FilterSettings {
  /** @default "tempfail" */
  readonly onError?: OnError;
  /** The time limit for a callback other than `eom`, in milliseconds, 1 to 600000. @default the server's, 8000 */
  readonly timeout?: number;
  /** Which connections, messages and recipients it applies to. @default all */
  readonly scope?: Scope;
  /**
   * The authentication methods whose results it adds to `results` of the context, such as `dkim`; `*` for any. Only
   * filters after it can be limited to certain results. @default none
   */
  readonly authenticates?: readonly string[];
  /**
   * The authentication methods whose results it reads from `results` of the context, such as `dmarc`: those that it
   * reads at recipients, which may be only `spf` and `iprev`, and those that it reads at the end of the message. A
   * chain in which no earlier filter provides them is refused. @default not known
   */
  readonly asksResults?: { readonly atRecipients: readonly string[]; readonly atEnd: readonly string[] };
  /**
   * The macros known at MAIL that it reads at MAIL or later. They are requested in addition to those that MTAs send by
   * default, whereas `macros` replaces those. @default none
   */
  readonly asksMacros?: readonly string[];
  /**
   * The names of the header fields that it changes or deletes, if they are known in advance; `*` stands for any text. A
   * warning about the order of filters names them. @default not known
   */
  readonly changedFields?: readonly string[];
  /** Whether its verdicts and changes are only logged; it still sees every event. @default false */
  readonly dryRun?: boolean;
  /**
   * Whether its callbacks have effects outside the message, such as counting or writing to a database. It then gets the
   * content only after every filter before it has let the message pass. @default false
   */
  readonly actsOutside?: boolean;
}

/** Makes a filter's state for each connection and each message. */
export interface FilterStates<C, M> {
  /** Makes the state of a connection. */
  readonly connectionState?: () => C;
  /** Makes the state of a message. */
  readonly messageState?: () => M;
}

/**
 * The callbacks of a filter. `C` and `M` are its states; `V`, `Ch` and `Co` are the verdicts, changes and content that
 * it declares.
 */
export interface FilterCallbacks<C, M, V, Ch, Co extends ContentKind = ContentKind> {
  /**
   * Called with what the MTA offers (`xxfi_negotiate`). Returns terms for this connection in place of the filter's own;
   * the verdict `reject` leaves the filter out of this connection. At this point the context has only the state of the
   * connection.
   */
  negotiate?(
    offer: Offer,
    context: ConnectionContext<C>,
  ): FilterTerms | Answer | Promise<FilterTerms | Verdict | void>;
  /** An SMTP client connected to the MTA (`xxfi_connect`). */
  connect?(client: Client, context: ConnectionContext<C>): AnswerAt<"connect", V>;
  /** HELO or EHLO (`xxfi_helo`). May come more than once. */
  helo?(name: string, context: ConnectionContext<C>): AnswerAt<"helo", V>;
  /** The sender: a message begins (`xxfi_envfrom`). */
  mail?(sender: EnvelopeAddress, context: MessageContext<C, M>): AnswerAt<"mail", V>;
  /** One recipient (`xxfi_envrcpt`). A rejection applies to this recipient only. */
  rcpt?(recipient: EnvelopeAddress, context: MessageContext<C, M>): AnswerAt<"rcpt", V>;
  /** The DATA command (`xxfi_data`). */
  data?(context: MessageContext<C, M>): AnswerAt<"data", V>;
  /** One header field (`xxfi_header`). */
  header?(field: HeaderField, context: MessageContext<C, M>): AnswerAt<"header", V>;
  /** The header is complete (`xxfi_eoh`). */
  eoh?(context: MessageContext<C, M>): AnswerAt<"eoh", V>;
  /**
   * A chunk of the body (`xxfi_body`): a packet from the MTA or, if no filter gives a verdict at `body`, a part of a
   * packet. It can begin and end anywhere, even between CR and LF. You may keep it, but must not write to it: later
   * filters read the same bytes.
   */
  body?(chunk: Uint8Array, context: MessageContext<C, M>): AnswerAt<"body", V>;
  /** The message is complete (`xxfi_eom`). Only here can the message be changed and its parts be read. */
  eom?(message: EndOfMessageFor<Ch, Co>, context: MessageContext<C, M>): AnswerAt<"eom", V>;
  /**
   * The message ended without a successful `eom` of this filter and without an effective verdict from it
   * (`xxfi_abort`).
   */
  abort?(context: MessageContext<C, M>): void | Promise<void>;
  /** An SMTP command that the MTA does not know (`xxfi_unknown`). The only verdicts are `reject` and `tempfail`. */
  unknown?(command: string, context: ConnectionContext<C>): AnswerAt<"unknown", V>;
  /** The connection ended, for whatever reason, even before `connect` (`xxfi_close`). */
  close?(context: ConnectionContext<C>): void | Promise<void>;
}

// deno-lint-ignore no-explicit-any -- whatever it declares
type AnyCallbacks<C, M> = FilterCallbacks<C, M, any, any>;

/**
 * A mail filter, ready to be called. `defineFilter` makes one with exact types; a plain object with a name and
 * callbacks is one, too.
 *
 * `C` is its state for a connection, made by `connectionState` and kept until close. `M` is its state for a message,
 * made by `messageState` and kept until end of message or abort. Callbacks get both from their context.
 *
 * Callbacks may be sync or async. An event without a callback costs nothing. If a callback throws, takes longer than
 * `timeout`, or returns a verdict that it may not give, the failure is logged, `onError` applies, and the connection
 * continues.
 */
export interface Filter<C = unknown, M = unknown>
  extends FilterTerms, FilterSettings, FilterStates<C, M>, AnyCallbacks<C, M> {
  /** Shown in logs. */
  readonly name: string;
}

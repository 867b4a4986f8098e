/**
 * The context that each callback gets: its connection and its message.
 *
 * @module
 */

import type { EventName } from "../protocol/constants.ts";
import type { ClientFamily } from "../protocol/families.ts";
import type { MtaKind } from "../message/mta.ts";
import type { EnvelopeAddress } from "../message/envelope.ts";
import type { Logger } from "./logger.ts";
import type { MessageResults } from "./results.ts";
import type { FilterTerms } from "./filter_terms.ts";

/** The SMTP client. */
export interface Client {
  /** Its host name as the MTA looked it up, or its address in brackets. */
  readonly hostname: string;
  /** `inet`, `inet6`, `unix`, or `unknown` if the MTA does not say. */
  readonly family: ClientFamily;
  /** Its IP address, or a path; empty if unknown. IPv6 without the `IPv6:` that some MTAs put before it. */
  readonly address: string;
  /** Its port; 0 if it has none. */
  readonly port: number;
}

/** The context of a connection. */
export interface ConnectionContext<C> {
  /** What the filter's `connectionState` returned. */
  readonly connectionState: C;
  /** The SMTP client; undefined before `connect`, and if the MTA does not say. */
  readonly client: Client | undefined;
  /** The MTA whose behaviour is followed: the one that was configured, otherwise the one that the macro `v` names. */
  readonly mta: MtaKind;
  /** The name in HELO or EHLO; undefined before it. */
  readonly helo: string | undefined;
  /** The address that the MTA connected to, such as `inet:8825@127.0.0.1`; undefined without a server. */
  readonly listener: string | undefined;
  /**
   * A macro of the MTA (`smfi_getsymval`), with or without braces: `i` is the queue id, `{auth_authen}` the name that
   * the client logged in with. Undefined if the MTA did not send it. The client's address is in `client`.
   */
  readonly macro: (name: string) => string | undefined;
  /**
   * The macros that the MTA sent with an event, unchanged, for filters that pass them on: the bytes of name, value, name,
   * value and so on. Valid until the callback returns.
   */
  readonly macrosOf: (event: EventName) => readonly Uint8Array[];
  /** The filter's terms on this connection: those that its `negotiate` returned, otherwise those that it declares. */
  readonly terms: FilterTerms;
  /** Writes lines of the filter to the log of the service, each with the filter's name and the queue id, if it is known. */
  readonly log: Logger;
  /**
   * Adds a text, such as what the filter found, to the log line of the message. Before a message, the text goes to the
   * log line of each message of the connection, or to that of its refusal.
   *
   * @param text one short line
   */
  readonly remark: (text: string) => void;
  /**
   * Labels the message with what the filter found, or with the rule that decided. Unlike a remark, a label is for
   * programs and for searching: the log has labels in a list of their own, and each only once. Before a message, a
   * label applies to all messages of the connection, or to its refusal.
   *
   * A text of more than 100 characters is cut; a message keeps the first 50 labels.
   *
   * @param text one of a small, fixed set of texts, never an address or anything else that senders choose
   */
  readonly label: (text: string) => void;
  /**
   * Says why the filter decides as it does, for `milterkit check --explain`. Undefined otherwise, so that the text is
   * not even built: `context.explain?.(…)`.
   *
   * @param text one line
   */
  readonly explain?: ((text: string) => void) | undefined;
  /**
   * Pass it to long-running work. During a message, it is aborted when the message ends without this filter or the
   * filter's time is up; before a message, when the connection ends or the callback's time is up.
   */
  readonly signal: AbortSignal;
}

/** The context of a message. */
export interface MessageContext<C, M> extends ConnectionContext<C> {
  /** The authentication results that earlier filters found for the message: SPF, DKIM, DMARC and so on. */
  readonly results: MessageResults;
  /** What the filter's `messageState` returned for this message. */
  readonly messageState: M;
  /** The sender; undefined if the MTA does not say. */
  readonly sender: EnvelopeAddress | undefined;
  /** The recipients so far, without those that filters rejected; in `rcpt`, the last one is the current recipient. */
  readonly recipients: readonly EnvelopeAddress[];
}

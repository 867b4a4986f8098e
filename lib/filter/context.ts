/**
 * What a callback can reach of its connection and its message.
 *
 * @module
 */

import type { EventName } from "../protocol/constants.ts";
import type { MtaKind } from "../message/mta.ts";
import type { EnvelopeAddress } from "../message/envelope.ts";
import type { FilterTerms } from "./filter_terms.ts";

/** The SMTP client. */
export interface Client {
  /** Its host name as the MTA found it, or its address in brackets. */
  readonly hostname: string;
  /** `inet`, `inet6`, `unix`, or `unknown` where the MTA does not say. */
  readonly family: "inet" | "inet6" | "unix" | "unknown";
  /** Its IP address, or a path; empty where unknown. IPv6 without the `IPv6:` that some MTAs put before it. */
  readonly address: string;
  /** Its port; 0 where there is none. */
  readonly port: number;
}

/** What belongs to a connection. */
export interface ConnectionContext<C> {
  /** What the filter's `connectionState` made. */
  readonly connectionState: C;
  /** The SMTP client; undefined before `connect`, and where the MTA does not tell. */
  readonly client: Client | undefined;
  /** The MTA whose ways are followed: the one that was set, else the one that the macro `v` names. */
  readonly mta: MtaKind;
  /** The name in HELO or EHLO; undefined before it. */
  readonly helo: string | undefined;
  /**
   * A macro of the MTA (`smfi_getsymval`), with or without braces: `i` is the queue id, `{auth_authen}` the name that
   * the client logged in with. Undefined where the MTA did not send it. The client's address is in `client`.
   */
  readonly macro: (name: string) => string | undefined;
  /**
   * The macros that the MTA sent with an event, as it sent them, for who hands them on: the bytes of name, value, name,
   * value and so on. Valid until the callback is over.
   */
  readonly macrosOf: (event: EventName) => readonly Uint8Array[];
  /** The filter's terms on this connection: what its `negotiate` returned, or its own. */
  readonly terms: FilterTerms;
}

/** What belongs to a message. */
export interface MessageContext<C, M> extends ConnectionContext<C> {
  /** What the filter's `messageState` made for this message. */
  readonly messageState: M;
  /** The sender; undefined where the MTA does not tell. */
  readonly sender: EnvelopeAddress | undefined;
  /** The recipients that no filter refused, so far; in `rcpt` the one at hand is the last of them. */
  readonly recipients: readonly EnvelopeAddress[];
  /**
   * Puts words of the filter's own into the message's line of the log, such as what it found out.
   *
   * @param text one short line
   */
  readonly remark: (text: string) => void;
  /** Aborted when the message is over without this filter, or its time is: for work that would outlive it. */
  readonly signal: AbortSignal;
}

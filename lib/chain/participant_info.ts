/**
 * Information about a connection and a message that all filters of a chain share.
 *
 * @module
 */

import type { EnvelopeAddress } from "../message/envelope.ts";
import type { Headers } from "../message/header_list.ts";
import type { MacroRequest } from "../protocol/macros.ts";
import type { MtaKind } from "../message/mta.ts";
import type { Clock } from "../time/clock.ts";
import type { ConnectionHost } from "./connection_host.ts";
import type { Client } from "../filter/context.ts";
import type { LabelSet } from "../filter/labels.ts";
import type { FilterNote } from "../filter/report.ts";
import type { ResultList } from "../filter/results.ts";

/** Information about a connection that all its filters share. */
export interface ConnectionInfo {
  /** The SMTP client, once known. */
  client: Client | undefined;
  /** The name in HELO, once known. */
  helo: string | undefined;
  /** The connection, which looks up macros. */
  readonly host: ConnectionHost;
  /** The clock. */
  readonly clock: Clock;
  /** Remarks that filters made before a message, for the log lines of all messages; undefined if none did. */
  notes: FilterNote[] | undefined;
  /** Labels that filters gave before a message, for all messages; undefined if none did. */
  labels: LabelSet | undefined;
  /** The macros that were requested from the MTA; undefined if none were. */
  readonly requestedMacros: MacroRequest | undefined;
  /** Whether nobody waits for answers any more. */
  cancelled: boolean;
  /** Returns the MTA whose behaviour the chain follows. */
  mta(): MtaKind;
}

/** A message at its end. */
export interface EndingMessage extends MessageInfo {
  /** The header as the filters before left it. */
  readonly headers: Headers;
}

/** Information about a message that all its filters share. */
export interface MessageInfo {
  /** The sender. */
  sender: EnvelopeAddress | undefined;
  /** The recipients that no filter refused. */
  readonly recipients: EnvelopeAddress[];
  /** The authentication results; undefined if no filter has asked for the list. */
  results: ResultList | undefined;
  /** What the filters answered and did, for the log. */
  notes: FilterNote[] | undefined;
  /** The labels that filters gave it. */
  labels: LabelSet | undefined;
  /** Its queue id once it is over: the macro may then be that of the next message. Null if it never had one. */
  readonly lastId?: string | null;
}

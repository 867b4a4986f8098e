/**
 * What all filters of a chain share of a connection, and of a message.
 *
 * @module
 */

import type { EnvelopeAddress } from "../message/envelope.ts";
import type { MtaKind } from "../message/mta.ts";
import type { Clock } from "../time/clock.ts";
import type { ConnectionHost } from "./connection_host.ts";
import type { Client } from "../filter/context.ts";
import type { FilterNote } from "../filter/report.ts";

/** What all filters of a connection share. */
export interface ConnectionInfo {
  /** The SMTP client, once known. */
  client: Client | undefined;
  /** The name in HELO, once known. */
  helo: string | undefined;
  /** Where macros are looked up. */
  readonly host: ConnectionHost;
  /** What tells the time. */
  readonly clock: Clock;
  /** Nobody waits for answers any more. */
  cancelled: boolean;
  /** The MTA whose ways are followed. */
  mta(): MtaKind;
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

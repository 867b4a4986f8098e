/**
 * The events that a server reports for logs.
 *
 * @module
 */

import type { EventName } from "../protocol/constants.ts";
import type { ConnectionLimits } from "./connection_limits.ts";
import type { MessageLimits } from "../chain/message_limits.ts";
import type { LogFields, LogLevel } from "../filter/logger.ts";
import type { ConnectionReport, MessageReport } from "../filter/report.ts";

/** Limits of a server: on connections and on messages. */
export interface ServerLimits extends ConnectionLimits, MessageLimits {}

/**
 * An event worth logging. `connection` numbers the connections of a server from 1; `peer` is the other side's address
 * and port, or `unix` for a socket without them. Events with `missed` are limited to one per topic every 10 s; `missed`
 * counts those left out since the last one. `queueId` is that of the message which the event is about, or which it ended.
 */
export type ServerEvent =
  /** The server listens on an address. */
  | { readonly type: "listening"; readonly address: string }
  /**
   * The system could not accept a connection, for example for lack of descriptors. Limited to one per address every
   * 10 s.
   */
  | {
    readonly type: "accept-failed";
    readonly address: string;
    readonly error: Error;
    readonly missed: number;
  }
  /** An MTA connected. */
  | { readonly type: "connected"; readonly connection: number; readonly peer: string }
  /** A connection ended; `lost` means that the other side closed it without QUIT. */
  | {
    readonly type: "disconnected";
    readonly connection: number;
    readonly queueId?: string | undefined;
    readonly lost: boolean;
    readonly error?: Error;
  }
  /**
   * A message ended. `hasEarlierLines` says that filters logged lines on this connection before the queue id was known;
   * these have only the connection's number.
   */
  | {
    readonly type: "message";
    readonly connection: number;
    readonly report: MessageReport;
    readonly hasEarlierLines?: boolean;
  }
  /** A filter refused a connection before any message. */
  | { readonly type: "refused"; readonly connection: number; readonly report: ConnectionReport }
  /** A filter threw, timed out, or gave an invalid answer; `onError` says what happened next. */
  | {
    readonly type: "filter-error";
    readonly connection: number;
    readonly queueId: string | undefined;
    readonly filter: string;
    readonly event: EventName | "negotiate";
    readonly error: unknown;
    readonly onError: string;
  }
  /** A filter wrote a line to the log: at an event of a connection, or, without `connection`, outside all of them. */
  | {
    readonly type: "filter-log";
    readonly connection?: number;
    readonly queueId?: string | undefined;
    readonly filter: string;
    readonly level: LogLevel;
    readonly text: string;
    readonly fields: LogFields;
  }
  /** The other side violated the protocol; its connection was ended. */
  | {
    readonly type: "protocol-error";
    readonly connection: number;
    readonly queueId?: string | undefined;
    readonly peer: string;
    readonly error: Error;
  }
  /** A bug in this library; the connection was ended. */
  | {
    readonly type: "internal-error";
    readonly connection: number;
    readonly queueId?: string | undefined;
    readonly peer: string;
    readonly error: Error;
  }
  /** A new body could not be read back from the spool; its message was answered with tempfail. */
  | {
    readonly type: "spool-failed";
    readonly connection: number;
    readonly queueId?: string | undefined;
    readonly error: Error;
  }
  /** The spool folder for large messages is unsuitable, for example on a file system in memory. */
  | { readonly type: "spool-warning"; readonly reason: string }
  /** A connection was ended because the other side sent nothing. */
  | {
    readonly type: "idle";
    readonly connection: number;
    readonly queueId?: string | undefined;
    readonly peer: string;
    readonly negotiated: boolean;
    readonly seconds: number;
  }
  /** A connection was ended because the other side read nothing of what was sent to it. */
  | {
    readonly type: "unread";
    readonly connection: number;
    readonly queueId?: string | undefined;
    readonly peer: string;
    readonly bytes: number;
    readonly seconds: number;
  }
  /**
   * A limit was reached: a connection was closed at once, a message rejected, or a recipient temporarily rejected.
   * Limited to one per limit every 10 s.
   */
  | {
    readonly type: "limit";
    readonly limit: keyof ServerLimits;
    readonly most: number;
    readonly peer: string;
    readonly queueId?: string | undefined;
    readonly missed: number;
  }
  /**
   * A connection was refused because it came from this service itself: a filter of its chain calls a milter that leads
   * back here. `hops` is the number of services that it came through. Limited to one per listener every 10 s.
   */
  | {
    readonly type: "loop";
    readonly connection: number;
    readonly peer: string;
    /** The address that it came to. */
    readonly listener: string;
    readonly hops: number;
    readonly missed: number;
  }
  /**
   * All connections were blocked: a filter ran without yielding, for example in a regular expression that backtracks
   * endlessly. `filter` and `event` are undefined if the filter is unknown, or if the machine itself may have stalled.
   * Limited to one per filter every 10 s.
   */
  | {
    readonly type: "stalled";
    readonly milliseconds: number;
    readonly filter?: string;
    readonly event?: EventName;
    readonly queueId?: string | undefined;
    readonly missed: number;
  }
  /** The server accepts no more connections; the open ones continue (`stopping`) or are ended (`aborting`). */
  | {
    readonly type: "stopping" | "aborting";
    readonly connections: number;
    readonly inMessage: number;
  }
  /** After a stop, connections between messages were closed. */
  | { readonly type: "stop-timeout"; readonly closed: number; readonly connections: number };

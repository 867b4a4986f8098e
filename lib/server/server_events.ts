/**
 * What a server tells of itself, for logs.
 *
 * @module
 */

import type { EventName } from "../protocol/constants.ts";
import type { ConnectionLimits } from "./connection_limits.ts";
import type { MessageLimits } from "../chain/message_limits.ts";
import type { ConnectionReport, MessageReport } from "../filter/report.ts";

/** Bounds of a server, in number. */
export interface ServerLimits extends ConnectionLimits, MessageLimits {}

/**
 * Something worth a line in a log. `connection` numbers the connections of a server from 1; `peer` is the other end's
 * address and port, or `unix` where a socket has none.
 */
export type ServerEvent =
  /** It listens. */
  | { readonly type: "listening"; readonly address: string }
  /**
   * The system did not let it take a connection, such as for want of descriptors. Told once in ten seconds, with how
   * often it happened since it was told last.
   */
  | {
    readonly type: "accept-failed";
    readonly address: string;
    readonly error: Error;
    readonly missed: number;
  }
  /** An MTA connected. */
  | { readonly type: "connected"; readonly connection: number; readonly peer: string }
  /** A connection is over; `lost` where nobody said QUIT. */
  | {
    readonly type: "disconnected";
    readonly connection: number;
    readonly lost: boolean;
    readonly error?: Error;
  }
  /** A message ended. */
  | { readonly type: "message"; readonly connection: number; readonly report: MessageReport }
  /** A filter refused a connection before any message. */
  | { readonly type: "refused"; readonly connection: number; readonly report: ConnectionReport }
  /** A filter threw, took too long, or answered what it may not; what happens is `onError`. */
  | {
    readonly type: "filter-error";
    readonly connection: number;
    readonly queueId: string | undefined;
    readonly filter: string;
    readonly event: EventName | "negotiate";
    readonly error: unknown;
    readonly onError: string;
  }
  /** The other side does not speak the protocol; its connection was ended. */
  | {
    readonly type: "protocol-error";
    readonly connection: number;
    readonly peer: string;
    readonly error: Error;
  }
  /** A mistake of this library's own; the connection was ended. */
  | {
    readonly type: "internal-error";
    readonly connection: number;
    readonly peer: string;
    readonly error: Error;
  }
  /** A new body could not be read again from where it was kept; its message was answered with tempfail. */
  | { readonly type: "spool-failed"; readonly connection: number; readonly error: Error }
  /** What is kept of large messages is kept in a place that is not made for it, such as a file system in memory. */
  | { readonly type: "spool-warning"; readonly reason: string }
  /** A connection was ended because nothing came. */
  | {
    readonly type: "idle";
    readonly connection: number;
    readonly peer: string;
    readonly negotiated: boolean;
    readonly seconds: number;
  }
  /** A connection was ended because the other side took nothing of what waited for it. */
  | {
    readonly type: "unread";
    readonly connection: number;
    readonly peer: string;
    readonly bytes: number;
    readonly seconds: number;
  }
  /**
   * A limit was reached: a connection was closed at once, a message rejected, a recipient put off. Told once in ten
   * seconds for each limit; `missed` says how often it was reached since it was told last.
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
   * A connection was refused because it came from this service itself: a filter of its chain asks a milter that leads
   * back here. `hops` is how many services it came through since. Told once in ten seconds for each listener; `missed`
   * says how often it happened since it was told last.
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
   * Everything stood still, for all connections: a filter was at work without a pause, such as with a regular expression
   * that tries without an end. `filter` and `event` are undefined where it is not known which one, or whether the machine
   * itself was held up. Told once in ten seconds for each filter; `missed` says how often it was so since it was told last.
   */
  | {
    readonly type: "stalled";
    readonly milliseconds: number;
    readonly filter?: string;
    readonly event?: EventName;
    readonly queueId?: string | undefined;
    readonly missed: number;
  }
  /** It takes no more connections; the open ones go on, or are ended. */
  | {
    readonly type: "stopping" | "aborting";
    readonly connections: number;
    readonly inMessage: number;
  }
  /** After a stop, connections between messages were closed. */
  | { readonly type: "stop-timeout"; readonly closed: number; readonly connections: number };

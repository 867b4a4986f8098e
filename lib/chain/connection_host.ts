/**
 * The interface between a chain and the connection it serves.
 *
 * @module
 */

import type { EventName } from "../protocol/constants.ts";
import type { MacroFilter } from "../protocol/macros.ts";
import type { EnvelopeChange } from "../message/envelope.ts";
import type { HeaderAction } from "../message/header_model.ts";
import type { Spool } from "../message/spool.ts";
import type { MessageLimits } from "./message_limits.ts";
import type { LogFields, LogLevel } from "../filter/logger.ts";
import type { ConnectionReport, LeftOut, MessageReport } from "../filter/report.ts";
import type { Verdict } from "../filter/verdict.ts";

/** What a chain needs from the connection it serves. */
export interface ConnectionHost {
  /** The address that the MTA connected to; undefined without a server. */
  readonly listener?: string | undefined;
  /** Protocol bits that must not be requested on this connection, as `ProtocolFlag`. @default 0 none */
  readonly refusedProtocol?: number;
  /** The services that the connection came through, this one last; for filters that call other milters. */
  readonly hops?: readonly string[];
  /** Looks up a macro. `shows` says which macros of which stages are visible. */
  macro(name: string, shows?: MacroFilter): string | undefined;
  /**
   * Returns the macros that the MTA sent for an event, unchanged: name, value, name, value and so on.
   *
   * @returns views of bytes that the MTA's next macros may overwrite
   */
  macrosOf?(event: EventName, shows?: MacroFilter): readonly Uint8Array[];
  /** Called for every failure of a filter, with the queue id of the message that it is about, if that is known. */
  onFilterError?(
    filter: string,
    event: EventName | "negotiate",
    error: unknown,
    onError: string,
    queueId: string | undefined,
  ): void;
  /** Called for every line that a filter logs, with the queue id of the message that it is about, if that is known. */
  onLog?(
    filter: string,
    level: LogLevel,
    text: string,
    fields: LogFields,
    queueId: string | undefined,
  ): void;
  /** Called for every line in which a filter explains its decision. If undefined, no such lines are made. */
  readonly onExplain?: ((filter: string, text: string) => void) | undefined;
  /**
   * Called for every connection, message and recipient that a filter does not apply to. If undefined, no reasons are
   * made.
   */
  readonly onLeftOut?: ((leftOut: LeftOut) => void) | undefined;
  /** Called for every message that ends, as a method of this object. If undefined, no reports are compiled. */
  readonly onMessage?: ((report: MessageReport) => void) | undefined;
  /** Called when a message exceeds a limit. */
  onLimit?(limit: keyof MessageLimits, most: number): void;
  /** Called for every callback that blocked the whole process; only if `onMessage` is defined, too. */
  onStall?(filter: string, event: EventName, milliseconds: number): void;
  /** Called for every connection that a filter refuses before any message, as a method of this object. */
  readonly onRefusal?: ((report: ConnectionReport) => void) | undefined;
}

/** What the MTA must do at the end of a message. */
export interface MessageEnd {
  /** The verdict. */
  readonly verdict: Verdict;
  /** Changes to the header, in the order in which to send them. */
  readonly header: readonly HeaderAction[];
  /** Changes to the envelope. */
  readonly envelope: readonly EnvelopeChange[];
  /** The new body; undefined if it is unchanged. The caller closes it after sending it. */
  readonly body: Spool | undefined;
  /** Why to quarantine the message; undefined if it is not quarantined. */
  readonly quarantine: string | undefined;
}

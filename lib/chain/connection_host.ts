/**
 * What a chain needs of the connection that it stands on, and what it gives to it.
 *
 * @module
 */

import type { EventName } from "../protocol/constants.ts";
import type { MacroFilter } from "../protocol/macros.ts";
import type { EnvelopeChange } from "../message/envelope.ts";
import type { HeaderAction } from "../message/header_model.ts";
import type { Spool } from "../message/spool.ts";
import type { MessageLimits } from "./message_limits.ts";
import type { ConnectionReport, MessageReport } from "../filter/report.ts";
import type { Verdict } from "../filter/verdict.ts";

/** What a chain needs of the connection that it stands on. */
export interface ConnectionHost {
  /** The address that the MTA connected to; undefined without a server. */
  readonly listener?: string | undefined;
  /** What must not be agreed on this connection, whatever the filters do without, as `ProtocolFlag`. @default 0 nothing */
  readonly refusedProtocol?: number;
  /** The services that the connection came through, this one last; for filters that ask milters of their own. */
  readonly hops?: readonly string[];
  /** Looks a macro up, in what came for the stages that are to be seen. */
  macro(name: string, shows?: MacroFilter): string | undefined;
  /**
   * The macros that came for an event, as they came: name, value, name, value and so on.
   *
   * @returns views of bytes that the MTA's next macros may overwrite
   */
  macrosOf?(event: EventName, shows?: MacroFilter): readonly Uint8Array[];
  /** Told of every filter that fails. */
  onFilterError?(filter: string, event: EventName | "negotiate", error: unknown, onError: string): void;
  /** Told of every message that ends; what is not wanted is not worked out. */
  readonly onMessage?: ((report: MessageReport) => void) | undefined;
  /** Told when a message is more than it may be. */
  onLimit?(limit: keyof MessageLimits, most: number): void;
  /** Told of every callback that held the whole process up; only where `onMessage` is wanted, too. */
  onStall?(filter: string, event: EventName, milliseconds: number): void;
  /** Told of every connection that a filter refuses before any message. */
  readonly onRefusal?: ((report: ConnectionReport) => void) | undefined;
}

/** What the MTA is to do at the end of a message. */
export interface MessageEnd {
  /** The verdict. */
  readonly verdict: Verdict;
  /** Changes of the header, in the order in which they are to be sent. */
  readonly header: readonly HeaderAction[];
  /** Changes of the envelope. */
  readonly envelope: readonly EnvelopeChange[];
  /** The new body; undefined where it stays. To be closed once it is sent. */
  readonly body: Spool | undefined;
  /** Why the message is to be held. */
  readonly quarantine: string | undefined;
}

/**
 * The options of a chain, and their validation.
 *
 * @module
 */

import type { MtaKind } from "../message/mta.ts";
import type { SpoolOptions } from "../message/spool.ts";
import type { Clock } from "../time/clock.ts";
import { DEFAULT_MESSAGE_LIMITS, type MessageLimits } from "./message_limits.ts";
import { Settings } from "../options/settings.ts";

/** Time-outs, in milliseconds. */
export interface ChainTimeouts {
  /**
   * For one callback, and for all filters together at one event other than end of message, including all events before
   * it that got no reply. Must be shorter than the MTA's own time-out (Sendmail: 10 s), or the MTA's default action
   * applies instead of the filter's `onError`.
   * @default 8000
   */
  readonly callback?: number;
  /**
   * For everything that happens at end of message, including all events before it that got no reply. The MTA gets a
   * progress packet every few seconds. @default 240000
   */
  readonly message?: number;
}

/** The options of a chain. */
export interface ChainOptions extends ChainTimeouts {
  /**
   * Which MTA it talks to: MTAs differ in where they put added header fields and how they number fields. `auto`
   * recognizes the MTA by the macro `v`.
   * @default "auto"
   */
  readonly mta?: MtaKind | "auto" | undefined;
  /** Where bodies are kept for filters that see them later. */
  readonly spool?: SpoolOptions | undefined;
  /** Limits on the size of a message. */
  readonly limits?: MessageLimits | undefined;
  /**
   * Whether to ask the MTA for the header of each message even if no filter reads it, so that reports include the
   * Message-ID.
   * @default false
   */
  readonly messageIds?: boolean | undefined;
  /** The clock; with your own clock, tests of time-outs run fast. @default the system's */
  readonly clock?: Clock | undefined;
}

/** The supported MTAs. */
export const MTAS: readonly MtaKind[] = ["postfix", "sendmail"];

const CHAIN_OPTIONS = {
  callback: true,
  message: true,
  mta: true,
  spool: true,
  limits: true,
  messageIds: true,
  clock: true,
} satisfies Record<keyof ChainOptions, true>;

const SPOOL = { memory: true, total: true, folder: true } satisfies Record<keyof SpoolOptions, true>;

/**
 * Validates a chain's options, except for the bounds of its time-outs and limits.
 *
 * @throws {InvalidSettingError} naming the setting and what is valid
 */
export function checkChainOptions(options: ChainOptions): void {
  const settings = new Settings("Chain", options, CHAIN_OPTIONS);
  settings.isOneOf("mta", ["auto", ...MTAS]);
  // A server passes its connection limits to the chain, too.
  settings.group("limits", { ...DEFAULT_MESSAGE_LIMITS, connections: true, connectionsPerClient: true });
  checkSpool(settings, options.spool);
  settings.isType("messageIds", "boolean");
  settings.isClock("clock");
}

/** Validates the options for kept bodies. */
export function checkSpool(settings: Settings, spool: SpoolOptions | undefined): void {
  const group = settings.group("spool", SPOOL);
  group?.isNumber("memory", 0, "bytes");
  group?.isNumber("total", 0, "bytes");
  group?.isType("folder", "string");
  if (spool?.memory !== undefined && spool.total !== undefined && spool.memory > spool.total) {
    group!.fail(
      "memory",
      `spool.memory ${spool.memory} is above spool.total ${spool.total}, which comes first`,
    );
  }
}

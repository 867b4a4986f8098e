/**
 * How a chain behaves, and whether that can be.
 *
 * @module
 */

import type { MtaKind } from "../message/mta.ts";
import type { SpoolOptions } from "../message/spool.ts";
import type { Clock } from "../time/clock.ts";
import { DEFAULT_MESSAGE_LIMITS, type MessageLimits } from "./message_limits.ts";
import { Settings } from "../options/settings.ts";

/** How long things may take, in milliseconds. */
export interface ChainTimeouts {
  /**
   * One callback, and all filters together at one event other than end of message, with all events before it that got no
   * answer. Must end before the MTA's patience does (Sendmail: 10 s), or the MTA's default action rules instead of the
   * filter's `onError`.
   * @default 8000
   */
  readonly callback?: number;
  /**
   * All that happens at end of message, with all events before it that got no answer; the MTA is told every few seconds
   * that work goes on. @default 240000
   */
  readonly message?: number;
}

/** How a chain behaves. */
export interface ChainOptions extends ChainTimeouts {
  /**
   * Which MTA it talks to: where added fields land, and what numbers count, differs. `auto` finds out by the macro `v`.
   * @default "auto"
   */
  readonly mta?: MtaKind | "auto" | undefined;
  /** Where the content is kept that later filters wait for. */
  readonly spool?: SpoolOptions | undefined;
  /** How much a message may be. */
  readonly limits?: MessageLimits | undefined;
  /** What tells the time; one of your own makes tests of time-outs quick. @default the system's */
  readonly clock?: Clock | undefined;
}

/** The MTAs whose ways are known. */
export const MTAS: readonly MtaKind[] = ["postfix", "sendmail"];

const CHAIN_OPTIONS = {
  callback: true,
  message: true,
  mta: true,
  spool: true,
  limits: true,
  clock: true,
} satisfies Record<keyof ChainOptions, true>;

const SPOOL = { memory: true, total: true, folder: true } satisfies Record<keyof SpoolOptions, true>;

/**
 * Makes sure of a chain's settings, but for the bounds of its numbers.
 *
 * @throws {InvalidSettingError} naming the setting, and what would be right
 */
export function checkChainOptions(options: ChainOptions): void {
  const settings = new Settings("Chain", options, CHAIN_OPTIONS);
  settings.isOneOf("mta", ["auto", ...MTAS]);
  // A server's chain is given its limits of connections too.
  settings.group("limits", { ...DEFAULT_MESSAGE_LIMITS, connections: true, connectionsPerClient: true });
  checkSpool(settings, options.spool);
  settings.isClock("clock");
}

/** The same for where content is kept. */
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

/**
 * Whether the settings of a chain can be used.
 *
 * @module
 */

import type { MtaKind } from "../message/mta.ts";
import type { SpoolOptions } from "../message/spool.ts";
import type { ChainOptions } from "./chain.ts";
import type { MessageLimits } from "./limits.ts";
import { Settings } from "./settings.ts";

/** The MTAs whose ways are known. */
export const MTAS: readonly MtaKind[] = ["postfix", "sendmail"];

/** The limits of a message. */
export const CHAIN_LIMITS = {
  headerFields: true,
  headerBytes: true,
  recipients: true,
} satisfies Record<keyof MessageLimits, true>;

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
  settings.group("limits", { ...CHAIN_LIMITS, connections: true, connectionsPerClient: true });
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

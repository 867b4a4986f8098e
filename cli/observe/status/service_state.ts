/**
 * The state of the service itself, which the status page shows in addition to the history.
 *
 * @module
 */

import type { CustomFamily } from "../custom_metrics.ts";
import type { NearLimit } from "../near_limits.ts";

/** A filter in a chain. */
export interface ChainLink {
  readonly name: string;
  /** Whether its verdicts are only logged. */
  readonly dryRun: boolean;
}

/** A listener: its addresses, and the filters behind them. */
export interface ListenerState {
  readonly addresses: readonly string[];
  /** Its filters, in the order in which they are asked. */
  readonly filters: readonly ChainLink[];
}

/** The state of the workers; counts are since the start. */
export interface WorkersState {
  readonly wanted: number;
  readonly ready: number;
  /** How many replaced one that died. */
  readonly restarts: number;
  /** Connections lost with workers that died. */
  readonly lost: number;
  /** Connections closed because no worker took them. */
  readonly turnedAway: number;
  /** Connections that the system failed to accept. */
  readonly acceptFailures: number;
}

/** The last reload. */
export interface ReloadState {
  /** When it happened, in milliseconds since 1970. */
  readonly at: number;
  /** Why it failed; undefined if it succeeded. */
  readonly failure: string | undefined;
}

/** The state of the service. */
export interface ServiceState {
  readonly version: string;
  /** The start time, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly phase: "starting" | "running" | "stopping";
  /** The number of open connections. */
  readonly connections: number;
  /** The workers; undefined if this process serves itself. */
  readonly workers: WorkersState | undefined;
  readonly listeners: readonly ListenerState[];
  /** What filters count themselves. */
  readonly custom: readonly CustomFamily[];
  /** Who is near a limit, the fullest first. */
  readonly limits: readonly NearLimit[];
  /** The last reload; undefined if there was none. */
  readonly reload: ReloadState | undefined;
  /** Why the program should be restarted; undefined if there is no reason. */
  readonly restartNeeded?: string | undefined;
}

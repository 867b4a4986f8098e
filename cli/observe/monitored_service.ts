/**
 * The view of a running server or pool of workers that monitoring needs.
 *
 * @module
 */

import type { Readiness } from "./health.ts";

/** Counts of a pool of workers. */
export interface WorkerCounts {
  /** The configured number of workers. */
  readonly wanted: number;
  /** How many accept connections. */
  readonly ready: number;
  /** How many were replaced and still have connections. */
  readonly leaving: number;
  /** How many replaced one that died. */
  readonly restarts: number;
  /** Connections lost with workers that died. */
  readonly lost: number;
  /** Connections waiting for a worker. */
  readonly waiting: number;
  /** Connections closed because no worker took them. */
  readonly turnedAway: number;
  /** Connections that the system failed to accept. */
  readonly acceptFailures: number;
}

/** A server or a pool of workers. */
export interface MonitoredService {
  /** The number of open connections. */
  readonly connections: number;
  /** Whether it accepts mail. */
  readonly readiness: Readiness;
  /** Whether it works, or can recover without a restart. */
  readonly alive: boolean;
  /** Counts of its workers; undefined if this process serves itself. */
  readonly workers?: WorkerCounts;
  /** Asks workers for a report; settles once all have sent it, or after `milliseconds`. */
  collect?(milliseconds: number): Promise<void>;
}

/** Counts of reloads. */
export interface ReloadCounts {
  /** How many succeeded. */
  readonly good: number;
  /** How many failed and changed nothing. */
  readonly failed: number;
  /** When the last one succeeded, in milliseconds since 1970; undefined before the first. */
  readonly lastGood: number | undefined;
  /** The last failure; undefined if there was none, or a reload has succeeded since. */
  readonly lastFailure: { readonly at: number; readonly reason: string } | undefined;
}

/**
 * What can be seen of a running server or of workers.
 *
 * @module
 */

import type { Readiness } from "./health.ts";

/** Workers, as a pool has them. */
export interface WorkerCounts {
  /** How many there are to be. */
  readonly wanted: number;
  /** How many take connections. */
  readonly ready: number;
  /** How many were replaced and have connections still. */
  readonly leaving: number;
  /** How often one was started in place of one that died. */
  readonly restarts: number;
  /** Connections that were lost with workers that died. */
  readonly lost: number;
  /** Connections that wait for a worker. */
  readonly waiting: number;
  /** Connections that were closed since no worker took them. */
  readonly turnedAway: number;
  /** Connections that the system did not let the pool take. */
  readonly acceptFailures: number;
}

/** A server, or workers. */
export interface MonitoredService {
  /** How many connections there are. */
  readonly connections: number;
  /** Whether mail is taken. */
  readonly readiness: Readiness;
  /** Whether it does what it is there for, or can get to it without a restart. */
  readonly alive: boolean;
  /** Its workers; undefined where this process serves itself. */
  readonly workers?: WorkerCounts;
  /** Has workers tell what came to pass since they last did; done once all have, or after so many milliseconds. */
  collect?(milliseconds: number): Promise<void>;
}

/** New versions that were taken, or not. */
export interface ReloadCounts {
  /** How many were taken. */
  readonly good: number;
  /** How many changed nothing, since something was wrong with them. */
  readonly failed: number;
  /** When the last one was taken, in milliseconds since 1970; undefined before the first. */
  readonly lastGood: number | undefined;
  /** The last one that changed nothing; undefined where one was taken since, or all were. */
  readonly lastFailure: { readonly at: number; readonly reason: string } | undefined;
}

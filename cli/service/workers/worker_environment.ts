/**
 * Passes a worker its number, and what all workers of a service share, through its environment.
 *
 * @module
 */

import process from "node:process";
import { type ConfigSnapshot, snapshotVariables, takeSnapshot } from "../../config/snapshot.ts";
import { newServiceName } from "../../../lib/protocol/hops.ts";
import { UsageError } from "../../terminal/arguments.ts";

/** The variable for its number; a process that has it is a worker. */
const NUMBER = "MILTERKIT_WORKER";
/** The variable for the name of its service. */
const SERVICE = "MILTERKIT_SERVICE";

/** What a worker learns from its environment. */
export interface WorkerEnvironment {
  /** Its number, from 1. */
  readonly number: number;
  /** The name of the service, the same in all its workers, since a connection back to any of them is a loop. */
  readonly service: string;
  /** The texts of the configuration; undefined if the worker reads the files. */
  readonly snapshot: ConfigSnapshot | undefined;
}

/** Returns the environment variables for a worker. */
export function workerVariables(
  { number, service, snapshot }: WorkerEnvironment,
): Readonly<Record<string, string>> {
  return { [NUMBER]: String(number), [SERVICE]: service, ...snapshotVariables(snapshot) };
}

/**
 * Reads a worker's variables and removes them: a process that a filter starts is not a worker, and a service that it starts
 * has a name of its own.
 *
 * @param environment the environment
 * @param hasParent whether there is a channel to the parent process
 * @returns undefined if this process is not a worker
 * @throws {UsageError} if the environment makes it a worker without a parent: it would never get a connection
 */
export function takeWorkerEnvironment(
  environment: Record<string, string | undefined> = process.env,
  hasParent: boolean = process.send !== undefined,
): WorkerEnvironment | undefined {
  const number = environment[NUMBER];
  if (number === undefined) return undefined;
  if (!hasParent) {
    throw new UsageError(`milterkit serve: ${NUMBER} is set, which is reserved for workers; unset it`);
  }
  const service = environment[SERVICE] ?? newServiceName();

  delete environment[NUMBER];
  delete environment[SERVICE];
  return { number: Number(number), service, snapshot: takeSnapshot(environment) };
}

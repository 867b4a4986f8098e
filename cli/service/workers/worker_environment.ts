/**
 * What a worker is told by its environment: which one it is, and what all workers of a service share.
 *
 * @module
 */

import process from "node:process";
import { type ConfigSnapshot, snapshotVariables, takeSnapshot } from "../../config/snapshot.ts";
import { newServiceName } from "../../../lib/protocol/hops.ts";
import { UsageError } from "../../terminal/arguments.ts";

/** The variable for its number, which makes a process a worker. */
const NUMBER = "MILTERKIT_WORKER";
/** The variable for the name of its service. */
const SERVICE = "MILTERKIT_SERVICE";

/** What a worker is told. */
export interface WorkerEnvironment {
  /** Its number, from 1. */
  readonly number: number;
  /** The name of the service, the same in all its workers: a connection that leads back to any of them is a loop. */
  readonly service: string;
  /** What it is to take for the configuration's text; undefined where it reads the files. */
  readonly snapshot: ConfigSnapshot | undefined;
}

/** The variables that say so. */
export function workerVariables(
  { number, service, snapshot }: WorkerEnvironment,
): Readonly<Record<string, string>> {
  return { [NUMBER]: String(number), [SERVICE]: service, ...snapshotVariables(snapshot) };
}

/**
 * Takes what the parent left in the environment of this process: what a filter starts is no worker, and a service that it
 * starts has a name of its own.
 *
 * @param environment the environment
 * @param hasParent whether there is a channel to who started this process
 * @returns undefined where this process is no worker; then nothing else of the environment is looked at
 * @throws {UsageError} where it is told that it is one and has no parent to serve for: it would never get a connection
 */
export function takeWorkerEnvironment(
  environment: Record<string, string | undefined> = process.env,
  hasParent: boolean = process.send !== undefined,
): WorkerEnvironment | undefined {
  const number = environment[NUMBER];
  if (number === undefined) return undefined;
  if (!hasParent) {
    throw new UsageError(`milterkit serve: ${NUMBER} is set, which is for its own workers; unset it`);
  }
  const service = environment[SERVICE] ?? newServiceName();

  delete environment[NUMBER];
  delete environment[SERVICE];
  return { number: Number(number), service, snapshot: takeSnapshot(environment) };
}

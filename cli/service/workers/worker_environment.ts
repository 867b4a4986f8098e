/**
 * Passes a worker its number, and what all workers of a service share, through its environment.
 *
 * @module
 */

import process from "node:process";
import { type ConfigSnapshot, snapshotVariables, takeSnapshot } from "../../config/snapshot.ts";
import { type InheritedSockets, inheritedVariables, takeInherited } from "../../config/inherited_places.ts";
import { newServiceName } from "../../../lib/protocol/hops.ts";
import { UsageError } from "../../terminal/arguments.ts";

/** The variable for its number; a process that has it is a worker. */
const NUMBER = "MILTERKIT_WORKER";
/** The variable for the name of its service. */
const SERVICE = "MILTERKIT_SERVICE";

/** What all processes of a service have in common. */
export interface ServiceIdentity {
  /** The name of the service, the same in all its workers, since a connection back to any of them is a loop. */
  readonly service: string;
  /** The sockets that the parent has inherited, since a milter at one of their addresses is a loop too. */
  readonly inherited: InheritedSockets;
}

/** What a worker learns from its environment. */
export interface WorkerEnvironment {
  /** Its number, from 1. */
  readonly number: number;
  /** The name of the service, the same in all its workers, since a connection back to any of them is a loop. */
  readonly service: string;
  /** The texts of the configuration; undefined if the worker reads the files. */
  readonly snapshot: ConfigSnapshot | undefined;
}

/**
 * Returns the environment variables for a worker.
 *
 * @param number its number, from 1
 * @param identity what all processes of the service have in common
 * @param snapshot the texts of the configuration; undefined if the worker reads the files
 */
export function workerVariables(
  number: number,
  { service, inherited }: ServiceIdentity,
  snapshot: ConfigSnapshot | undefined,
): Readonly<Record<string, string>> {
  return {
    [NUMBER]: String(number),
    [SERVICE]: service,
    ...inheritedVariables(inherited),
    ...snapshotVariables(snapshot),
  };
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
  takeInherited(environment);
  delete environment[NUMBER];
  delete environment[SERVICE];
  return { number: Number(number), service, snapshot: takeSnapshot(environment) };
}

/**
 * The name of this service, the same in all its workers: a connection that leads back to any of them is a loop.
 *
 * @module
 */

import process from "node:process";
import { newServiceName } from "../../lib/protocol/hops.ts";

/** The variable that a worker finds it in. */
const VARIABLE = "MILTERKIT_SERVICE";

let name: string | undefined;

/** The name; made up where the parent gave none. */
export function serviceName(): string {
  return name ??= newServiceName();
}

/** What the environment of a worker is to have. */
export function serviceVariables(): Record<string, string> {
  return { [VARIABLE]: serviceName() };
}

/** Takes what the parent left in the environment: a service that a filter starts has a name of its own. */
export function takeServiceName(environment: Record<string, string | undefined> = process.env): void {
  name = environment[VARIABLE];
  delete environment[VARIABLE];
}

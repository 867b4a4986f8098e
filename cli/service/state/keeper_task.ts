/**
 * Tells a process through its environment that it is a keeper, and of what.
 *
 * @module
 */

import process from "node:process";
import type { ErrorData } from "../workers/error_data.ts";

/** The variable for the task; a process that has it is a keeper. */
const TASK = "MILTERKIT_KEEPER";

/** What a keeper has to do. */
export interface KeeperTask {
  /** The file that it keeps; undefined for memory. */
  readonly file?: string | undefined;
  /** The path of the socket at which it answers. */
  readonly socket: string;
}

/** What a keeper tells the process that has started it. */
export type KeeperMessage =
  /** It answers. */
  | { readonly type: "ready" }
  /** It cannot, and ends. */
  | { readonly type: "failed"; readonly error: ErrorData }
  /** Whether what it keeps can be made safe on the disk has changed. */
  | { readonly type: "saving"; readonly problem?: string | undefined };

/** Returns the environment variables for a keeper. */
export function keeperVariables(task: KeeperTask): Readonly<Record<string, string>> {
  return { [TASK]: JSON.stringify(task) };
}

/**
 * Reads the variable of a keeper and removes it.
 *
 * @returns undefined if this process is not a keeper
 */
export function takeKeeperTask(
  environment: Record<string, string | undefined> = process.env,
  hasParent: boolean = process.send !== undefined,
): KeeperTask | undefined {
  const text = environment[TASK];
  delete environment[TASK];
  return text === undefined || !hasParent ? undefined : JSON.parse(text);
}

/**
 * Passes the texts of the configuration in force to workers through the environment. A worker that replaces one that died
 * then serves what the others serve, even if the files have changed since.
 *
 * @module
 */

import process from "node:process";

/** The text of each file, by its path. */
export type ConfigSnapshot = Readonly<Record<string, string>>;

/** The environment variable that holds the snapshot. */
const VARIABLE = "MILTERKIT_CONFIGURATION";
/** Linux limits a variable to 128 KiB. With a longer configuration, workers read the files. */
const LONGEST = 120 * 1024;

/** Returns the environment variables for a worker. */
export function snapshotVariables(snapshot: ConfigSnapshot | undefined): Record<string, string> {
  const text = snapshot && JSON.stringify(snapshot);
  return text !== undefined && new TextEncoder().encode(text).length <= LONGEST ? { [VARIABLE]: text } : {};
}

/**
 * Reads the snapshot from the environment and removes it there, since programs that filters start need not see it.
 *
 * @returns undefined if there is none
 */
export function takeSnapshot(
  environment: Record<string, string | undefined> = process.env,
): ConfigSnapshot | undefined {
  const text = environment[VARIABLE];
  delete environment[VARIABLE];
  return text === undefined ? undefined : JSON.parse(text);
}

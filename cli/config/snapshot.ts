/**
 * The texts of a configuration as they were when it was taken, for workers: one that is started later in the place of one
 * that died serves what the others serve, whatever the files say by then.
 *
 * @module
 */

import process from "node:process";

/** The text of each file, by its path. */
export type ConfigSnapshot = Readonly<Record<string, string>>;

/** The variable that a worker finds them in. */
const VARIABLE = "MILTERKIT_CONFIGURATION";
/** Linux takes no longer variable than 128 KiB. Of a longer configuration workers read the files. */
const LONGEST = 120 * 1024;

/** What the environment of a worker is to have. */
export function snapshotVariables(snapshot: ConfigSnapshot | undefined): Record<string, string> {
  const text = snapshot && JSON.stringify(snapshot);
  return text !== undefined && new TextEncoder().encode(text).length <= LONGEST ? { [VARIABLE]: text } : {};
}

/** Takes what the parent left in the environment, where what filters start need not see it; undefined without one. */
export function takeSnapshot(
  environment: Record<string, string | undefined> = process.env,
): ConfigSnapshot | undefined {
  const text = environment[VARIABLE];
  delete environment[VARIABLE];
  return text === undefined ? undefined : JSON.parse(text);
}

/**
 * Reads command lines of benchmarks.
 *
 * @module
 */

import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { CannotRun } from "./failure.ts";

/**
 * The values of options.
 *
 * @throws {CannotRun} for options that there are not, in one line
 */
export function parsedArguments<Config extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Config,
): ReturnType<typeof parseArgs<{ options: Config }>>["values"] {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    // Node's advice on how to pass unusual arguments does not help here.
    const [reason] = (error as Error).message.split(/\. |\.?\n|\.$/);
    throw new CannotRun(`${reason}; --help shows the options`);
  }
}

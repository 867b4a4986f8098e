/**
 * `milterkit config`: whether a configuration can be used, what it says, and one to begin with.
 *
 * @module
 */

import process from "node:process";
import { nearest } from "../../../lib/options/nearest.ts";
import type { OptionSpec } from "../../../lib/options/options.ts";
import { type Help, parseArguments, UsageError } from "../../terminal/arguments.ts";
import { splitOperands } from "../../terminal/operands.ts";
import { operandsAlone } from "../../terminal/operands_alone.ts";
import { showControls } from "../../terminal/controls.ts";
import { readConfiguration } from "../../config/configuration.ts";
import { effectiveConfig } from "../../config/effective.ts";
import { exampleConfig } from "../../config/example.ts";
import { ConfigError, describeProblem } from "../../config/problem.ts";

/** What help says. */
export const CONFIG_HELP: Help = {
  brief: "milterkit config check FILE | milterkit config example",
  description:
    "check reads a configuration file and all that it includes, prints the configuration in force, or every error with file, " +
    "line and column; nothing is served. The exit code is 0 or 1. example prints a file to begin with, in which every " +
    "option and filter stands with what it does.",
  examples: [
    ["A file to begin with:", "milterkit config example > milterkit.toml"],
    ["Is it right?", "milterkit config check milterkit.toml"],
    ["Serve what it says:", "milterkit serve --config milterkit.toml"],
  ],
};

/** The options of `config check`. */
export const CONFIG_CHECK_OPTIONS: readonly OptionSpec[] = [
  { name: "quiet", kind: "flag", description: "Print errors only" },
];

/**
 * Checks a configuration, or prints one.
 *
 * @param args the command line behind `config`
 * @returns the exit code
 * @throws {UsageError} for a command line that cannot be carried out
 */
export async function runConfig(args: readonly string[]): Promise<number> {
  const [action, ...rest] = args;
  switch (action) {
    case "check":
      return await check(rest);
    case "example":
      operandsAlone("milterkit config example", rest, CONFIG_HELP);
      process.stdout.write(exampleConfig());
      return 0;
    default:
      operandsAlone("milterkit config", args, CONFIG_HELP);
      throw new UsageError(
        action === undefined
          ? "milterkit config: want check FILE, or example"
          : `milterkit config: there is no ${showControls(action)}; did you mean ${
            nearest(action, ["check", "example"])
          }?`,
      );
  }
}

async function check(args: readonly string[]): Promise<number> {
  const { operands, options } = splitOperands(CONFIG_CHECK_OPTIONS, args);
  const values = parseArguments("milterkit config check", CONFIG_CHECK_OPTIONS, options, CONFIG_HELP);
  if (operands.length !== 1) {
    throw new UsageError("milterkit config check: want one FILE, such as milterkit.toml");
  }
  try {
    const configuration = await readConfiguration(operands[0]);
    if (!values.get("flag", "quiet")) process.stdout.write(effectiveConfig(configuration));
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.value) process.stderr.write(`${showControls(describeProblem(problem))}\n`);
    return 1;
  }
}

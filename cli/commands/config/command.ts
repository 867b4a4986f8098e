/**
 * `milterkit config`: checks a configuration file, prints an example, or converts configurations of OpenDKIM and Postfix.
 *
 * @module
 */

import process from "node:process";
import { disposeFilters } from "../../config/filter_arguments.ts";
import { readConfiguration } from "../../config/configuration.ts";
import { effectiveConfig } from "../../config/effective.ts";
import { exampleConfig } from "../../config/example.ts";
import { ConfigError, describeProblem } from "../../config/problem.ts";
import { writtenConfig } from "../../config/written.ts";
import { UsageError } from "../../terminal/arguments.ts";
import { type CommandHelp, type Invocation, readCommandLine } from "../../terminal/command_line.ts";
import { escapeControlCharacters } from "../../terminal/control_characters.ts";
import { EXIT_CODES } from "../../terminal/exit_codes.ts";
import type { CliAction, CliCommand } from "../command.ts";
import { runAction } from "../run_action.ts";
import { FROM_HEADER_CHECKS } from "./from_header_checks/action.ts";
import { FROM_OPENDKIM } from "./from_opendkim/action.ts";

const HELP: CommandHelp = {
  brief:
    "milterkit config check FILE | milterkit config example | milterkit config from-opendkim FILE | milterkit config " +
    "from-header-checks TYPE:FILE...",
  description:
    "check reads a configuration file and everything that it includes, without serving it. It prints the files as they are " +
    "written, without passwords, or every error with file, line and column, and exits with 0 or 1. With --defaults, it " +
    "prints the effective settings instead. example prints a file to start from, which describes every option and filter. " +
    "from-opendkim converts an opendkim.conf to a configuration with the same effect, and from-header-checks converts " +
    "tables of Postfix's header_checks to rules.",
  examples: [
    ["A file to start from:", "milterkit config example > milterkit.toml"],
    ["Check it:", "milterkit config check milterkit.toml"],
    ["Serve it:", "milterkit serve --config milterkit.toml"],
    ["Move from OpenDKIM:", "milterkit config from-opendkim /etc/opendkim.conf > milterkit.toml"],
    [
      "Move from Postfix's header_checks:",
      "milterkit config from-header-checks pcre:/etc/postfix/header_checks > conf.d/header-checks.toml",
    ],
  ],
};

const CHECK: CliAction = {
  name: "check",
  operands: "FILE",
  help: HELP,
  options: [
    {
      name: "defaults",
      kind: "flag",
      description:
        "Print the effective configuration as one file: every setting and default, without comments",
    },
    { name: "quiet", kind: "flag", description: "Print errors only" },
  ],
  operandKind: "file",
  run: checkFile,
};

const EXAMPLE: CliAction = {
  name: "example",
  operands: "",
  help: HELP,
  options: [],
  operandKind: "none",
  run: printExample,
};

const ACTIONS: readonly CliAction[] = [CHECK, EXAMPLE, FROM_OPENDKIM, FROM_HEADER_CHECKS];

/** Checks a configuration file, prints an example, or converts configurations of OpenDKIM and Postfix. */
export const configCommand: CliCommand = {
  help: HELP,
  options: [],
  operandKind: ACTIONS.map(({ name }) => name),
  actions: ACTIONS,
  run: (invocation) => runAction(configCommand, invocation),
};

async function checkFile(invocation: Invocation): Promise<number> {
  const { program, options, operands } = readCommandLine(CHECK, invocation);
  const [file, second] = operands;
  if (file === undefined || second !== undefined) {
    throw new UsageError(`${program}: want one FILE, such as milterkit.toml`);
  }
  const [defaults, quiet] = [options.get("flag", "defaults"), options.get("flag", "quiet")];
  if (defaults && quiet) throw new UsageError(`${program}: --quiet prints nothing; leave out --defaults`);
  try {
    const configuration = await readConfiguration(file);
    await Promise.all(configuration.listeners.map(({ filters }) => disposeFilters(filters)));
    if (!quiet) {
      process.stdout.write(defaults ? effectiveConfig(configuration) : writtenConfig(configuration.texts));
    }
    return EXIT_CODES.done;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.value) {
      process.stderr.write(`${escapeControlCharacters(describeProblem(problem))}\n`);
    }
    return EXIT_CODES.failed;
  }
}

function printExample(invocation: Invocation): number {
  readCommandLine(EXAMPLE, invocation);
  process.stdout.write(exampleConfig());
  return EXIT_CODES.done;
}

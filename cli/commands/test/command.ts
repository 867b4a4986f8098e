/**
 * `milterkit test [FILE]...`: runs the tests of filters, with nothing else installed.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import process from "node:process";
import { type CommandOption, UsageError } from "../../terminal/arguments.ts";
import { type CommandHelp, type Invocation, readCommandLine } from "../../terminal/command_line.ts";
import { printMessage } from "../../terminal/messages.ts";
import { hasLibrary, restoreLibrary } from "../../user_filter/library_folder.ts";
import type { CliCommand } from "../command.ts";
import { startTests, type TestSelection } from "./run_tests.ts";
import { watchTests } from "./watch_tests.ts";

const HELP: CommandHelp = {
  description:
    "Runs the tests in the given files and folders, or all test files (such as NAME_test.ts) in the current folder " +
    "and below. Tests use node:test, and pass messages to filters with milterkit/testing. A test may take five seconds " +
    "unless it sets its own timeout. The exit code is 0 if no test fails, else 1. If package.json lists milterkit but " +
    "node_modules lacks it, this command installs it there.",
  examples: [
    ["All tests here:", "milterkit test"],
    ["The tests of one file:", "milterkit test no-lottery_test.ts"],
    ["Tests about casinos, again after each change:", "milterkit test --watch -t casino"],
  ],
};

const OPTIONS: readonly CommandOption[] = [
  {
    name: "watch",
    kind: "flag",
    description: "Run the tests again whenever a test file, or a file that it imports, changes",
  },
  {
    name: "test-name-pattern",
    short: "t",
    kind: "string",
    metavar: "NAME",
    description: "Run only tests whose names match this regular expression",
  },
];

/** Runs the tests of filters. */
export const testCommand: CliCommand = { help: HELP, options: OPTIONS, operandKind: "file", run };

/**
 * Runs the tests.
 *
 * @returns the exit code of the test runner
 * @throws {UsageError} for a file that does not exist, or a pattern that is none
 */
async function run(invocation: Invocation): Promise<number> {
  const { program, operands, options } = readCommandLine(testCommand, invocation);
  const missing = operands.find((file) => !existsSync(file));
  if (missing !== undefined) {
    throw new UsageError(`${program}: there is no file or folder ${JSON.stringify(missing)}`);
  }
  const folder = process.cwd();
  if (await restoreLibrary(folder)) {
    printMessage("installed the library in node_modules again");
  }
  const selection: TestSelection = {
    // The runner would take a bare word for a pattern, and run every path that contains it.
    files: operands.map((file) => isAbsolute(file) || file.startsWith(".") ? file : `./${file}`),
    pattern: checkedPattern(program, options.get("string", "test-name-pattern")),
  };
  if (options.get("flag", "watch")) return await watchTests(selection);
  const code = await runOnce(selection);
  if (code !== 0 && !hasLibrary(folder)) {
    printMessage(
      "there is no node_modules/milterkit here, and no package.json that asks for it; " +
        "milterkit new makes a folder with both",
    );
  }
  return code;
}

function checkedPattern(program: string, pattern: string | undefined): string | undefined {
  if (pattern === undefined) return undefined;
  try {
    new RegExp(pattern);
    return pattern;
  } catch {
    throw new UsageError(
      `${program}: Invalid --test-name-pattern ${JSON.stringify(pattern)}: it is no regular expression`,
      pattern,
    );
  }
}

async function runOnce(selection: TestSelection): Promise<number> {
  const run = startTests(selection);
  const signals = ["SIGTERM", "SIGINT"] as const;
  const forward = (signal: (typeof signals)[number]) => run.kill(signal);
  for (const signal of signals) process.on(signal, forward);
  return await run.ended;
}

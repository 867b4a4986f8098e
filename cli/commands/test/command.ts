/**
 * `milterkit test [FILE]...`: runs the tests of filters, with nothing else installed.
 *
 * A compiled executable contains all of Bun including its test runner, and acts as `bun` if BUN_BE_BUN is set.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { isAbsolute } from "node:path";
import process from "node:process";
import { UsageError } from "../../terminal/arguments.ts";
import { type CommandHelp, type Invocation, readCommandLine } from "../../terminal/command_line.ts";
import { printMessage } from "../../terminal/messages.ts";
import { hasLibrary, restoreLibrary } from "../../user_filter/library_folder.ts";
import type { CliCommand } from "../command.ts";

const HELP: CommandHelp = {
  description:
    "Runs the tests in the given files and folders, or all test files (such as NAME_test.ts) in the current folder " +
    "and below. Tests use node:test, and hand messages to filters with milterkit/testing. A test has five seconds " +
    "unless it sets its own timeout. The exit code is 0 if no test fails, else 1. If package.json asks for milterkit " +
    "and node_modules lacks it, it is put there.",
  examples: [
    ["All tests here:", "milterkit test"],
    ["The tests of one file:", "milterkit test no-lottery_test.ts"],
  ],
};

/** Runs the tests of filters. */
export const testCommand: CliCommand = { help: HELP, options: [], operandKind: "file", run };

/**
 * Runs the tests.
 *
 * @returns the exit code of the test runner
 * @throws {UsageError} for a file that does not exist
 */
async function run(invocation: Invocation): Promise<number> {
  const { program, operands } = readCommandLine(testCommand, invocation);
  const missing = operands.find((file) => !existsSync(file));
  if (missing !== undefined) {
    throw new UsageError(`${program}: there is no file or folder ${JSON.stringify(missing)}`);
  }
  const folder = process.cwd();
  if (await restoreLibrary(folder)) {
    printMessage("put the library back into node_modules");
  }
  // The runner would take a bare word for a pattern, and run every path that contains it.
  const code = await runTests(
    operands.map((file) => isAbsolute(file) || file.startsWith(".") ? file : `./${file}`),
  );
  if (code !== 0 && !hasLibrary(folder)) {
    printMessage(
      "there is no node_modules/milterkit here, and no package.json that asks for it; " +
        "milterkit new makes a folder with both",
    );
  }
  return code;
}

function runTests(files: readonly string[]): Promise<number> {
  const args = process.versions.bun
    // Never download a missing package.
    ? ["test", "--no-install", ...files]
    : ["test", "-A", "--no-check", ...files];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, BUN_BE_BUN: "1" },
    stdio: "inherit",
  });
  const signals = ["SIGTERM", "SIGINT"] as const;
  const forward = (signal: (typeof signals)[number]) => void child.kill(signal);
  for (const signal of signals) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  });
}

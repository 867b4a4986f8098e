/**
 * `milterkit test [FILE]...`: runs tests of filters, with nothing installed.
 *
 * A compiled executable has all of Bun in it, its runner of tests as well, and is that where BUN_BE_BUN is set.
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
import { hasLibrary, restoreLibrary } from "../../user_filter/library_folder.ts";
import type { CliCommand } from "../command.ts";

const HELP: CommandHelp = {
  description:
    "Runs tests: those in the files and folders that are named, or all in the current folder and below, by their names " +
    "such as NAME_test.ts. Tests are written with node:test, and milterkit/testing hands messages to filters. " +
    "A test has five seconds unless it says otherwise. The exit code is 0 where none fails, else 1. Where package.json asks for milterkit and node_modules lacks it, it is " +
    "put there.",
  examples: [
    ["All tests here:", "milterkit test"],
    ["Those of one file:", "milterkit test no-lottery_test.ts"],
  ],
};

/** Runs tests of filters. */
export const testCommand: CliCommand = { help: HELP, options: [], operandKind: "file", run };

/**
 * Runs them.
 *
 * @returns the exit code of what runs them
 * @throws {UsageError} for a file that there is not
 */
async function run(invocation: Invocation): Promise<number> {
  const { program, operands } = readCommandLine(testCommand, invocation);
  const missing = operands.find((file) => !existsSync(file));
  if (missing !== undefined) {
    throw new UsageError(`${program}: there is no file or folder ${JSON.stringify(missing)}`);
  }
  const folder = process.cwd();
  if (await restoreLibrary(folder)) {
    process.stderr.write("milterkit: put the library back into node_modules\n");
  }
  // A bare word would be taken for a part of a path, wherever it is.
  const code = await runTool(
    operands.map((file) => isAbsolute(file) || file.startsWith(".") ? file : `./${file}`),
  );
  if (code !== 0 && !hasLibrary(folder)) {
    process.stderr.write(
      "milterkit: there is no node_modules/milterkit here, and no package.json that asks for it; " +
        "milterkit new makes a folder with both\n",
    );
  }
  return code;
}

function runTool(files: readonly string[]): Promise<number> {
  const args = process.versions.bun
    // Never a package from the network in place of one that is missing.
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

#!/usr/bin/env -S deno run -A
/**
 * The executable's entry: runs the command that the command line names, and exits with its exit code. Only this file
 * ends the process.
 *
 * @module
 */

import process from "node:process";
import { findCommand, invocationOf, UnknownCommandError } from "./commands/find_command.ts";
import { COMMANDS } from "./commands/index.ts";
import { escapeControlCharacters } from "./terminal/control_characters.ts";
import { tellEarlyExit } from "./terminal/early_exit.ts";
import { EXIT_CODES } from "./terminal/exit_codes.ts";
import { printMessage } from "./terminal/messages.ts";
import {
  catchOutputErrors,
  finishErrorOutput,
  finishOutput,
  OutputError,
  print,
} from "./terminal/standard_output.ts";
import config from "../deno.json" with { type: "json" };

/** Longest time that a service which ends waits for its output to be read, in milliseconds. */
const LONGEST_WAIT = 1000;

/** What a command line asks for, loaded and ready to run. */
interface Work {
  /** Whether it handles mail until it is stopped. */
  readonly isService: boolean;
  /** Runs it. @returns the exit code */
  run(): number | Promise<number>;
}

/** Finds what a command line asks for, and loads nothing else. */
async function workOf([word, ...rest]: readonly string[]): Promise<Work> {
  switch (word) {
    case "--version":
    case "-V":
      return { isService: false, run: printVersion };
    case "--help":
    case "-h":
      return await workOf(["help"]);
    case undefined:
      return { isService: false, run: askForCommand };
  }
  const entry = await findCommand(COMMANDS, word);
  const command = await entry.load();
  return { isService: command.isService ?? false, run: () => command.run(invocationOf(entry, rest)) };
}

async function printVersion(): Promise<number> {
  await print(`milterkit ${config.version}\n`);
  return EXIT_CODES.done;
}

async function askForCommand(): Promise<number> {
  const { generalHelp } = await import("./commands/help/general_help.ts");
  process.stderr.write(generalHelp(COMMANDS));
  return EXIT_CODES.usage;
}

/** Prints an error. @returns its exit code; help that was shown is no error */
function reportError(error: Error): number {
  if (error.name === "HelpShown") return EXIT_CODES.done;
  // The reader closed the pipe, as `| head` does. That needs no message.
  if (error instanceof OutputError && error.code === "output-closed") return EXIT_CODES.outputClosed;
  if (error.name === "ConfigError") {
    error.message.split("\n").forEach(printMessage);
    return EXIT_CODES.usage;
  }
  const known = "code" in error;
  process.stderr.write(
    known
      ? `${escapeControlCharacters(error.message).replace(/^(?!milterkit)/, "milterkit: ")}\n`
      : `milterkit: ${error.stack}\n`,
  );
  const isUsage = error.name === "UsageError" || error instanceof UnknownCommandError;
  return isUsage ? EXIT_CODES.usage : EXIT_CODES.failed;
}

async function main(args: readonly string[]): Promise<void> {
  catchOutputErrors();
  let ended = false;
  process.on("exit", () => {
    if (ended) return;
    // If a filter calls process.exit(0), the exit code must not report success.
    tellEarlyExit();
    process.exitCode = EXIT_CODES.failed;
  });
  let isService = false;
  let code: number;
  try {
    const work = await workOf(args);
    isService = work.isService;
    code = await work.run();
  } catch (error) {
    code = reportError(error as Error);
  }
  const longestWait = isService ? LONGEST_WAIT : undefined;
  const failure = await finishOutput(longestWait);
  if (failure && code === EXIT_CODES.done && !isService) code = reportError(failure);
  await finishErrorOutput(longestWait);
  ended = true;
  process.exit(code);
}

main(process.argv.slice(2));

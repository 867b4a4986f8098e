#!/usr/bin/env -S deno run -A
/**
 * The command line: finds the command, runs it, and tells the shell how it went. Nothing else ends the process.
 *
 * @module
 */

import process from "node:process";
import { findCommand, invocationOf, UnknownCommandError } from "./commands/find_command.ts";
import { COMMANDS } from "./commands/index.ts";
import { escapeControlCharacters } from "./terminal/control_characters.ts";
import { EXIT_CODES } from "./terminal/exit_codes.ts";
import {
  catchOutputErrors,
  finishErrorOutput,
  finishOutput,
  OutputError,
  print,
} from "./terminal/standard_output.ts";
import config from "../deno.json" with { type: "json" };

/** How long a service waits at its end for who reads its output, in milliseconds. */
const LONGEST_WAIT = 1000;

/** What a command line asks for. */
interface Work {
  /** Whether mail passes through it. */
  readonly isService: boolean;
  /** @returns the exit code */
  run(): number | Promise<number>;
}

/** Finds what a command line asks for. Only that is loaded. */
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

/** What an error means to the shell, which is told why. Help that was shown is none. */
function exitCodeOf(error: Error): number {
  if (error.name === "HelpShown") return EXIT_CODES.done;
  // Such as `| head`: that is no mistake of anybody's.
  if (error instanceof OutputError && error.code === "output-closed") return EXIT_CODES.outputClosed;
  if (error.name === "ConfigError") {
    for (const line of error.message.split("\n")) {
      process.stderr.write(`milterkit: ${escapeControlCharacters(line)}\n`);
    }
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
    // A filter that ends the process must not look as if everything were well.
    process.stderr.write(
      "milterkit: the process was ended from within, such as by a filter's process.exit()\n",
    );
    process.exitCode = EXIT_CODES.failed;
  });
  let isService = false;
  let code: number;
  try {
    const work = await workOf(args);
    isService = work.isService;
    code = await work.run();
  } catch (error) {
    code = exitCodeOf(error as Error);
  }
  const longestWait = isService ? LONGEST_WAIT : undefined;
  const lost = await finishOutput(longestWait);
  if (lost && code === EXIT_CODES.done && !isService) code = exitCodeOf(lost);
  await finishErrorOutput(longestWait);
  ended = true;
  process.exit(code);
}

main(process.argv.slice(2));

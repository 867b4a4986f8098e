#!/usr/bin/env -S deno run -A
/**
 * The command line. Nothing else reads its words or ends the process.
 *
 * Exit codes: 0 done; 1 it could not be done; 2 the command line is wrong; 130 and 143 aborted by a signal; 141 nobody
 * reads what is printed. Beside these `replay` has 3 for what differs, and `check` 3 for a message that was rejected, 4
 * for one that was tempfailed, 5 for one that was discarded.
 *
 * @module
 */

import process from "node:process";
import { COMMANDS } from "./commands/command_list.ts";
import { showControls } from "./terminal/controls.ts";
import { endErrorOutput, endOutput, OutputError, print, watchOutput } from "./terminal/standard_output.ts";
import config from "../deno.json" with { type: "json" };

const HELP = `milterkit ${config.version}: mail filters for Postfix and Sendmail

${
  COMMANDS.map(({ name, operands, summary }) => helpLine(`${name} ${operands}`, summary)).join("")
}  milterkit --help | --version                                      Also: milterkit help COMMAND

Examples:
  A filter behind Postfix, refusing mail above 25 MB:
    milterkit serve --listen inet:8891@localhost --filter size-limit --max 25MB
    postconf -e smtpd_milters=inet:localhost:8891 && postfix reload
  Two filters, asked in this order:
    milterkit serve --listen inet:8891@localhost --filter dkim-check --filter header-rewrite --add "X-Checked: yes"
  A filter of your own, and what it does with a message:
    milterkit new no-lottery && cd no-lottery && milterkit test
    milterkit check message.eml --filter ./no-lottery.ts
`;

function helpLine(usage: string, summary: string): string {
  return `  milterkit ${usage}`.padEnd(68) + `${summary}\n`;
}

/** Commands that mail goes through: it matters more than what they print, and whoever stops them wants them to end. */
const SERVICES: readonly (string | undefined)[] = ["serve", "trace"];
/** How long those wait for who reads their output, in milliseconds. */
const LONGEST_WAIT = 1000;
/** What a shell says of a program that wrote and nobody read: 128 and the number of SIGPIPE. */
const NOBODY_READS = 141;

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case "--version":
    case "-V":
      await print(`milterkit ${config.version}\n`);
      return 0;
    case "--help":
    case "-h":
      await print(HELP);
      return 0;
    case "help":
      return await main(rest.length === 0 ? ["--help"] : [...rest, "--help"]);
    case "serve":
      return await (await import("./service/serve.ts")).runServe(rest);
    case "check":
      return await (await import("./commands/check/check.ts")).runCheck(rest);
    case "trace":
      return await (await import("./commands/trace/trace.ts")).runTrace(rest);
    case "replay":
      return await (await import("./commands/replay/replay.ts")).runReplay(rest);
    case "new":
      return await (await import("./commands/new/new.ts")).runNew(rest);
    case "test":
      return await (await import("./commands/test/test.ts")).runTest(rest);
    case "bench":
      return await (await import("./commands/bench/bench.ts")).runBench(rest);
    case "config":
      return await (await import("./commands/config/config.ts")).runConfig(rest);
    case "completion":
      return await (await import("./commands/completion/completion.ts")).runCompletion(rest);
    case "filters":
      return (await import("./commands/filters/filters.ts")).runFilters(rest);
    case undefined:
      process.stderr.write(HELP);
      return 2;
    default: {
      const { nearest } = await import("../lib/options/nearest.ts");
      process.stderr.write(
        `milterkit: there is no command ${showControls(command)}; did you mean ${
          nearest(command, [...COMMANDS.map(({ name }) => name), "help"])
        }?\n`,
      );
      return 2;
    }
  }
}

/** What an error means to the shell: help that was shown is none, a wrong command line is 2, most others are 1. */
function exitCodeOf(error: Error): number {
  if (error.name === "HelpShown") return 0;
  // Such as `| head`: that is no mistake of anybody's.
  if (error instanceof OutputError && error.code === "output-closed") return NOBODY_READS;
  if (error.name === "ConfigError") {
    for (const line of error.message.split("\n")) process.stderr.write(`milterkit: ${showControls(line)}\n`);
    return 2;
  }
  const known = "code" in error;
  process.stderr.write(
    known
      ? `${showControls(error.message).replace(/^(?!milterkit)/, "milterkit: ")}\n`
      : `milterkit: ${error.stack}\n`,
  );
  return error.name === "UsageError" ? 2 : 1;
}

async function run(args: readonly string[]): Promise<void> {
  watchOutput();
  let ended = false;
  process.on("exit", () => {
    if (ended) return;
    // A filter that ends the process must not look as if everything were well.
    process.stderr.write(
      "milterkit: the process was ended from within, such as by a filter's process.exit()\n",
    );
    process.exitCode = 1;
  });
  let code = await main(args).catch(exitCodeOf);
  const isService = SERVICES.includes(args[0]);
  const most = isService ? LONGEST_WAIT : undefined;
  const lost = await endOutput(most);
  if (lost && code === 0 && !isService) code = exitCodeOf(lost);
  await endErrorOutput(most);
  ended = true;
  process.exit(code);
}

run(process.argv.slice(2));

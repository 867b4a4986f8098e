#!/usr/bin/env -S deno run -A
/**
 * The command line. Nothing else reads its words or ends the process.
 *
 * Exit codes: 0 done; 1 it could not be done; 2 the command line is wrong; 3 what was compared differs; 130 and 143
 * aborted by a signal.
 *
 * @module
 */

import process from "node:process";
import { showControls } from "./controls.ts";
import config from "../deno.json" with { type: "json" };

const HELP = `milterkit ${config.version}: mail filters for Postfix and Sendmail

  milterkit serve --listen ADDRESS --filter NAME [its options]...   Serve filters to an MTA; NAME, or ./FILE.ts
  milterkit check [FILE]... --filter NAME... | --milter ADDRESS     Show what filters do with a message
  milterkit trace --listen ADDRESS --milter ADDRESS                 Show what an MTA and any filter say to each other
  milterkit replay FILE --milter ADDRESS                            Play a written trace to a filter, and see what differs
  milterkit new NAME                                                Make a folder with a filter of your own, to start from
  milterkit test [FILE]...                                          Run tests of filters
  milterkit bench ADDRESS                                           Put load on any milter, and measure how it bears it
  milterkit filters [NAME|FILE]                                     List the filters, or show one's options
  milterkit config check FILE | example                             See whether a configuration is right, or one to begin with
  milterkit --help | --version                                      Also: milterkit COMMAND --help

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

const COMMANDS = ["serve", "check", "trace", "replay", "new", "test", "bench", "filters", "config", "help"];

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case "--version":
    case "-V":
      process.stdout.write(`milterkit ${config.version}\n`);
      return 0;
    case "--help":
    case "-h":
    case "help":
      process.stdout.write(HELP);
      return 0;
    case "serve":
      return await (await import("./serve.ts")).runServe(rest);
    case "check":
      return await (await import("./check/check.ts")).runCheck(rest);
    case "trace":
      return await (await import("./trace/trace.ts")).runTrace(rest);
    case "replay":
      return await (await import("./replay/replay.ts")).runReplay(rest);
    case "new":
      return await (await import("./new/new.ts")).runNew(rest);
    case "test":
      return await (await import("./test.ts")).runTest(rest);
    case "bench":
      return await (await import("./bench/bench.ts")).runBench(rest);
    case "config":
      return await (await import("./config/config.ts")).runConfig(rest);
    case "filters":
      return (await import("./filters.ts")).runFilters(rest);
    case undefined:
      process.stderr.write(HELP);
      return 2;
    default: {
      const { nearest } = await import("../lib/filter/nearest.ts");
      process.stderr.write(
        `milterkit: there is no command ${showControls(command)}; did you mean ${
          nearest(command, COMMANDS)
        }?\n`,
      );
      return 2;
    }
  }
}

/** What an error means to the shell: help that was shown is none, a wrong command line is 2, the rest 1. */
function exitCodeOf(error: Error): number {
  if (error.name === "HelpShown") return 0;
  if (error.name === "ConfigError") {
    for (const line of error.message.split("\n")) process.stderr.write(`milterkit: ${showControls(line)}\n`);
    return 2;
  }
  const known = error.name === "UsageError" || "code" in error;
  process.stderr.write(
    known
      ? `${showControls(error.message).replace(/^(?!milterkit)/, "milterkit: ")}\n`
      : `milterkit: ${error.stack}\n`,
  );
  return error.name === "UsageError" ? 2 : 1;
}

main(process.argv.slice(2)).catch(exitCodeOf).then((code) => process.exit(code));

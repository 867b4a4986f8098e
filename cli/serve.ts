/**
 * `milterkit serve`: filters behind an address, until a signal says otherwise.
 *
 * @module
 */

import { accessSync, constants, statSync } from "node:fs";
import process from "node:process";
import config from "../deno.json" with { type: "json" };
import type { OptionSpec, OptionValues } from "../lib/filter/options.ts";
import { InvalidFilterError } from "../lib/filter/validate.ts";
import { AddressError, parseAddress } from "../lib/net/address.ts";
import type { MtaKind } from "../lib/message/mta.ts";
import { serve, type Server } from "../lib/server.ts";
import { type Help, parseArguments, UsageError } from "./arguments.ts";
import {
  type ConfiguredFilter,
  cutAtFilters,
  filterWithOption,
  makeFilter,
  orderWarnings,
} from "./filter_arguments.ts";
import { configureLog, log, LOG_LEVELS, logEvent } from "./log.ts";

/** The options that stand before the first `--filter`. */
export const SERVE_OPTIONS: readonly OptionSpec[] = [
  {
    name: "listen",
    kind: "string",
    metavar: "ADDRESS",
    repeatable: true,
    description: "Where the MTA finds the filters: unix:/path, inet:port@host, inet6:port@host, fd:N",
    example: "unix:/run/milterkit/milter.sock",
  },
  {
    name: "socket-mode",
    kind: "string",
    metavar: "MODE",
    default: "660",
    description: "Permissions of a unix socket, octal",
  },
  {
    name: "socket-group",
    kind: "string",
    metavar: "GROUP",
    description: "Group that a unix socket is given to, such as postfix",
  },
  {
    name: "callback-timeout",
    kind: "duration",
    metavar: "TIME",
    default: "8s",
    min: 1,
    max: 600_000,
    description: "Longest time of all filters at one event; must be shorter than the MTA's own",
  },
  {
    name: "message-timeout",
    kind: "duration",
    metavar: "TIME",
    default: "240s",
    min: 1,
    max: 600_000,
    description:
      "Longest time of all filters at end of message; the MTA is kept waiting with progress packets",
  },
  {
    name: "mta",
    kind: "enum",
    metavar: "MTA",
    choices: ["auto", "postfix", "sendmail"],
    default: "auto",
    description:
      "Which MTA this is for: they place and count header fields differently; auto sees by macro v",
  },
  {
    name: "spool-memory",
    kind: "size",
    metavar: "SIZE",
    default: "256KiB",
    description:
      "Most of one message in memory where a filter must wait for an earlier one; more goes to a file",
  },
  {
    name: "spool-total",
    kind: "size",
    metavar: "SIZE",
    default: "64MiB",
    description: "The same for all messages together",
  },
  {
    name: "spool-folder",
    kind: "string",
    metavar: "FOLDER",
    description: "Where these files are, which nobody else can open and which are gone with the process",
    example: "/var/tmp",
  },
  {
    name: "stop-timeout",
    kind: "duration",
    metavar: "TIME",
    max: 86_400_000,
    default: "30s",
    description: "How long connections between messages go on after SIGTERM",
  },
  {
    name: "log-format",
    kind: "enum",
    metavar: "FORMAT",
    choices: ["text", "json"],
    default: "text",
    description: "How the log is written",
  },
  {
    name: "log-level",
    kind: "enum",
    metavar: "LEVEL",
    choices: LOG_LEVELS,
    default: "info",
    description: "The least level that is logged; info has a line per message",
  },
];

const SERVE_HELP: Help = {
  brief: "milterkit serve --listen ADDRESS --filter NAME [its options] [--filter NAME [its options]]...",
  description:
    "Serves filters to an MTA, in the order of their flags. Options behind --filter NAME belong to that filter. " +
    "SIGTERM or SIGHUP stops: no new connections, messages at hand are finished. SIGINT, or a second SIGTERM, aborts. " +
    "milterkit filters lists the filters; milterkit filters NAME shows the options of one.",
  examples: [
    [
      "Refuse mail above 25 MB and check signatures, behind Postfix:",
      "milterkit serve --listen unix:/var/spool/postfix/milterkit/milter.sock --socket-group postfix " +
      "--filter size-limit --max 25MB --filter dkim-check",
    ],
    [
      "See what a rule would do, without doing it:",
      'milterkit serve --listen inet:8891@localhost --filter header-rewrite --dry-run --add "X-Checked: yes"',
    ],
  ],
};

/** How long filters have after an abort before the process goes without them, in milliseconds. */
const ABORT_GRACE = 800;

/**
 * Runs until stopped.
 *
 * @param args the command line behind `serve`
 * @returns the exit code
 * @throws {UsageError} for a command line that cannot be carried out, before anything listens
 */
export async function runServe(args: readonly string[]): Promise<number> {
  const { own, filters: pieces } = cutAtFilters(args);
  const options = parseOwn(own);
  const addresses = options.all("string", "listen");
  const filters = pieces.map(({ name, args }) => makeFilter(name, args, SERVE_OPTIONS));
  if (addresses.length === 0) {
    throw new UsageError("milterkit serve: --listen is missing, such as --listen inet:8891@localhost");
  }
  if (filters.length === 0) {
    throw new UsageError("milterkit serve: --filter is missing; milterkit filters lists what there is");
  }
  configureLog({
    format: options.get("enum", "log-format") as "text" | "json",
    level: options.get("enum", "log-level") as "info",
  });
  surviveStrayErrors();
  for (const warning of orderWarnings(filters)) log("warning", warning);
  return await untilStopped(
    () => start(options, addresses, filters),
    options.get("duration", "stop-timeout")!,
  );
}

/** An error that belongs to no callback, such as of a timer that a filter left behind, must not stop everybody's mail. */
function surviveStrayErrors(): void {
  const report = (error: unknown): void => {
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
    log("error", `stray error, outside of any callback: ${message}`, { stack });
  };
  process.on("uncaughtException", report);
  process.on("unhandledRejection", report);
}

function parseOwn(own: readonly string[]): OptionValues {
  for (const arg of own) {
    const name = arg.replace(/^--/, "").replace(/=.*/, "");
    const owner = arg.startsWith("--") && !SERVE_OPTIONS.some((option) => option.name === name) &&
      filterWithOption(name);
    if (owner) {
      throw new UsageError(
        `milterkit serve: --${name} is an option of a filter; put it behind --filter ${owner}`,
      );
    }
  }
  return parseArguments("milterkit serve", SERVE_OPTIONS, own, SERVE_HELP);
}

/** Starts to listen, and says with what. */
async function start(
  options: OptionValues,
  addresses: readonly string[],
  filters: readonly ConfiguredFilter[],
): Promise<Server> {
  const group = options.get("string", "socket-group");
  const folder = spoolFolder(options.get("string", "spool-folder"));
  try {
    addresses.forEach(parseAddress);
    const server = await serve({
      listen: addresses,
      filters: filters.map(({ filter }) => filter),
      mode: socketMode(options.get("string", "socket-mode")!),
      ...(group === undefined ? {} : { group }),
      mta: options.get("enum", "mta") as MtaKind | "auto",
      spool: {
        memory: options.get("size", "spool-memory")!,
        total: options.get("size", "spool-total")!,
        ...(folder === undefined ? {} : { folder }),
      },
      timeouts: {
        callback: options.get("duration", "callback-timeout")!,
        message: options.get("duration", "message-timeout")!,
      },
      onEvent: logEvent,
    });
    const names = filters.map(({ definition }) => definition.name).join(", ");
    const properties = { type: "started", version: config.version, pid: process.pid };
    log("info", `milterkit ${config.version} (process ${process.pid}) runs ${names}`, properties);
    return server;
  } catch (error) {
    const isUsage = error instanceof InvalidFilterError ||
      (error instanceof AddressError && error.code === "invalid-address");
    throw isUsage ? new UsageError(`milterkit serve: ${error.message}`) : error;
  }
}

/** A folder that somebody chose must be there when the first large message comes. */
function spoolFolder(folder: string | undefined): string | undefined {
  if (folder === undefined) return undefined;
  try {
    if (!statSync(folder).isDirectory()) throw new Error("it is not a folder");
    accessSync(folder, constants.W_OK | constants.X_OK);
    return folder;
  } catch (error) {
    throw new UsageError(`milterkit serve: Cannot use --spool-folder ${folder}: ${(error as Error).message}`);
  }
}

function socketMode(text: string): number {
  if (!/^0?[0-7]{3}$/.test(text)) {
    throw new UsageError(
      `milterkit serve: Invalid --socket-mode ${JSON.stringify(text)}: want three octal digits, such as 660`,
    );
  }
  return parseInt(text, 8);
}

/** Runs what is started until a signal says otherwise. Who reads that it listens may send one at once. */
function untilStopped(start: () => Promise<Server>, stopTimeout: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let stopping = false;
    // An abort during a stop ends what both wait for.
    let code = 0;
    const abort = async (signalled: number) => {
      code = signalled;
      const server = await starting;
      server.abort();
      setTimeout(() => {
        log("warning", `${server.connections} connections were left with a filter at work`);
        resolve(code);
      }, ABORT_GRACE);
    };
    const stop = async () => {
      if (stopping) return await abort(143);
      stopping = true;
      (await starting).stop(stopTimeout);
    };
    // An error of the start is the caller's, and told once.
    const quietly = (handler: () => Promise<void>) => () => void handler().catch(() => {});
    process.on("SIGTERM", quietly(stop));
    process.on("SIGHUP", quietly(async () => stopping ? undefined : await stop()));
    process.on("SIGINT", quietly(() => abort(130)));
    const starting = start();
    starting.then((server) =>
      server.finished.then(() => {
        log("info", "stopped", { type: "stopped" });
        resolve(code);
      }), reject);
  });
}

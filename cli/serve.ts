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
import { Chain } from "../lib/filter/chain.ts";
import { serve, type ServeOptions, type Server } from "../lib/server.ts";
import type { ServerEvent } from "../lib/server_events.ts";
import { type Help, parseArguments, UsageError } from "./arguments.ts";
import {
  type ConfiguredFilter,
  cutAtFilters,
  filterWithOption,
  makeFilter,
  orderWarnings,
} from "./filter_arguments.ts";
import { obeySignals, type Orders, untilStopped } from "./until_stopped.ts";
import { workerCount, WorkerPool } from "./workers/pool.ts";
import { obeyParent, ownNumber } from "./workers/worker.ts";
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
    name: "workers",
    kind: "string",
    metavar: "N|auto",
    default: "1",
    description: "Processes that share the connections; auto: one for each core",
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

/** How long workers have, who wait so long for their filters themselves. */
const POOL_ABORT_GRACE = 1500;

type ServerSettings = Omit<ServeOptions, "listen" | "onEvent">;

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
  if (addresses.includes("parent:")) {
    throw new UsageError("milterkit serve: --listen parent: is for its own workers; see --workers");
  }
  const worker = ownNumber();
  const workers = workerCount(options.get("string", "workers")!);
  if (workers === undefined) {
    throw new UsageError(
      `milterkit serve: Invalid --workers ${
        JSON.stringify(options.get("string", "workers"))
      }: want a number from 1 to 256, or auto`,
    );
  }
  configureLog({
    worker,
    format: options.get("enum", "log-format") as "text" | "json",
    level: options.get("enum", "log-level") as "info",
  });
  surviveStrayErrors();
  const stopTimeout = options.get("duration", "stop-timeout")!;
  if (worker !== undefined) {
    return await untilStopped(
      () => startServer(options, ["parent:"], filters, logWorkerEvent),
      (orders) => obeyParent(orders, stopTimeout),
    );
  }
  for (const warning of orderWarnings(filters)) log("warning", warning);
  const signals = (orders: Orders) => obeySignals(orders, stopTimeout);
  const code = workers === 1
    ? await untilStopped(() => start(options, addresses, filters), signals)
    : await untilStopped(() => startPool(options, addresses, filters, workers), signals, POOL_ABORT_GRACE);
  log("info", "stopped", { type: "stopped" });
  return code;
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
  const server = await startServer(options, addresses, filters, logEvent);
  logStarted(filters);
  return server;
}

/** Starts workers that serve, and says with what. */
async function startPool(
  options: OptionValues,
  addresses: readonly string[],
  filters: readonly ConfiguredFilter[],
  workers: number,
): Promise<WorkerPool> {
  // Mistakes that every worker would make are found, and told, once.
  const { spool, ...settings } = serverSettings(options, filters);
  const chain = asUsage(() => new Chain(settings.filters, { ...settings.timeouts, spool }));
  const warning = chain.keepsBodies ? chain.pool.folderWarning() : undefined;
  if (warning) logEvent({ type: "spool-warning", reason: warning });
  const pool = await WorkerPool.start(workers, asUsage(() => addresses.map(parseAddress)), settings);
  logStarted(filters);
  return pool;
}

function logStarted(filters: readonly ConfiguredFilter[]): void {
  const names = filters.map(({ definition }) => definition.name).join(", ");
  const properties = { type: "started", version: config.version, pid: process.pid };
  log("info", `milterkit ${config.version} (process ${process.pid}) runs ${names}`, properties);
}

async function startServer(
  options: OptionValues,
  addresses: readonly string[],
  filters: readonly ConfiguredFilter[],
  onEvent: (event: ServerEvent) => void,
): Promise<Server> {
  asUsage(() => addresses.map(parseAddress));
  try {
    return await serve({ ...serverSettings(options, filters), listen: addresses, onEvent });
  } catch (error) {
    throw asUsageError(error as Error);
  }
}

function serverSettings(options: OptionValues, filters: readonly ConfiguredFilter[]): ServerSettings {
  const group = options.get("string", "socket-group");
  const folder = spoolFolder(options.get("string", "spool-folder"));
  return {
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
  };
}

function asUsage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asUsageError(error as Error);
  }
}

/** What is wrong with what was asked for is a matter of the command line. */
function asUsageError(error: Error): Error {
  const isUsage = error instanceof InvalidFilterError ||
    (error instanceof AddressError && error.code === "invalid-address");
  return isUsage ? new UsageError(`milterkit serve: ${error.message}`) : error;
}

/** What a worker tells. That it listens, or is told to stop, is the pool's to tell. */
function logWorkerEvent(event: ServerEvent): void {
  if (["listening", "stopping", "aborting", "spool-warning"].includes(event.type)) return;
  logEvent(event);
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

/**
 * `milterkit serve`: filters behind an address, until a signal says otherwise.
 *
 * @module
 */

import { accessSync, constants, statSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import config from "../deno.json" with { type: "json" };
import type { OptionValues } from "../lib/filter/options.ts";
import { InvalidFilterError } from "../lib/filter/validate.ts";
import { AddressError, parseAddress } from "../lib/net/address.ts";
import type { MtaKind } from "../lib/message/mta.ts";
import { Chain } from "../lib/filter/chain.ts";
import { serve, type ServeOptions, type Server } from "../lib/server.ts";
import type { ServerEvent } from "../lib/server_events.ts";
import { parseArguments, UsageError } from "./arguments.ts";
import {
  type ConfiguredFilter,
  cutAtFilters,
  filterWithOption,
  loadFilters,
  orderWarnings,
} from "./filter_arguments.ts";
import { obeySignals, type Orders, untilStopped } from "./until_stopped.ts";
import { workerCount, WorkerPool } from "./workers/pool.ts";
import { obeyParent, ownNumber, tellFailure } from "./workers/worker.ts";
import { FileWatch } from "./watch/file_watch.ts";
import { replaceOnChange } from "./watch/replace_on_change.ts";
import { configureLog, log, logEvent } from "./log.ts";
import { SERVE_HELP, SERVE_OPTIONS } from "./serve_options.ts";

export { SERVE_OPTIONS };

/** How long workers have, who wait so long for their filters themselves. */
const POOL_ABORT_GRACE = 1500;

type ServerSettings = Omit<ServeOptions, "listen" | "onEvent">;

/** A command line of `serve`, read. */
interface CommandLine {
  readonly options: OptionValues;
  readonly addresses: readonly string[];
  readonly filters: readonly ConfiguredFilter[];
  readonly workers: number;
  readonly stopTimeout: number;
}

/**
 * Runs until stopped.
 *
 * @param args the command line behind `serve`
 * @returns the exit code
 * @throws {UsageError} for a command line that cannot be carried out, before anything listens
 */
export async function runServe(args: readonly string[]): Promise<number> {
  const worker = ownNumber();
  if (worker !== undefined) return await runWorker(args, worker);
  const line = await readCommandLine(args);
  const { options, addresses, filters, workers, stopTimeout } = line;
  const watched = watchedFiles(line);
  for (const warning of orderWarnings(filters)) log("warning", warning);
  const signals = (orders: Orders) => obeySignals(orders, stopTimeout);
  const code = workers === 1 && watched.length === 0
    ? await untilStopped(() => start(options, addresses, filters), signals)
    : await untilStopped(() => startPool(line, watched), signals, POOL_ABORT_GRACE);
  log("info", "stopped", { type: "stopped" });
  return code;
}

/** Serves what the parent hands over; what it cannot is the parent's to tell. */
async function runWorker(args: readonly string[], number: string): Promise<number> {
  try {
    const { options, filters, stopTimeout } = await readCommandLine(args, number);
    return await untilStopped(
      () => startServer(options, ["parent:"], filters, logWorkerEvent),
      (orders) => obeyParent(orders, stopTimeout),
    );
  } catch (error) {
    await tellFailure(error as Error);
    return 1;
  }
}

/** Reads all of it, loads its filters, and sets the log up. */
async function readCommandLine(args: readonly string[], worker?: string): Promise<CommandLine> {
  const { own, filters: pieces } = cutAtFilters(args);
  const options = parseOwn(own);
  const addresses = options.all("string", "listen");
  configureLog({
    worker,
    format: options.get("enum", "log-format") as "text" | "json",
    level: options.get("enum", "log-level") as "info",
  });
  surviveStrayErrors();
  const filters = await loadFilters(pieces, SERVE_OPTIONS);
  if (addresses.length === 0) {
    throw new UsageError("milterkit serve: --listen is missing, such as --listen inet:8891@localhost");
  }
  if (filters.length === 0) {
    throw new UsageError("milterkit serve: --filter is missing; milterkit filters lists what there is");
  }
  if (addresses.includes("parent:")) {
    throw new UsageError("milterkit serve: --listen parent: is for its own workers; see --workers");
  }
  const workers = workerCount(options.get("string", "workers")!);
  if (workers === undefined) {
    throw new UsageError(
      `milterkit serve: Invalid --workers ${
        JSON.stringify(options.get("string", "workers"))
      }: want a number from 1 to 256, or auto`,
    );
  }
  return { options, addresses, filters, workers, stopTimeout: options.get("duration", "stop-timeout")! };
}

/** What `--watch` is about; nothing where nobody asked for it. */
function watchedFiles({ options, filters }: CommandLine): string[] {
  if (!options.get("flag", "watch")) return [];
  const files = [...new Set(filters.flatMap(({ files }) => files.map((file) => resolve(file))))];
  if (files.length > 0) return files;
  throw new UsageError(
    "milterkit serve: --watch has nothing to watch: no --filter is a file such as ./my-filter.ts, and no option names one",
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
  const server = await startServer(options, addresses, filters, logEvent);
  logStarted(filters);
  return server;
}

/** Starts workers that serve, and says with what; on a change of a watched file others take their place. */
async function startPool(
  { options, addresses, filters, workers }: CommandLine,
  watched: readonly string[],
): Promise<WorkerPool> {
  // Mistakes that every worker would make are found, and told, once.
  const { spool, ...settings } = serverSettings(options, filters);
  const chain = asUsage(() => new Chain(settings.filters, { ...settings.timeouts, spool }));
  const warning = chain.keepsBodies ? chain.pool.folderWarning() : undefined;
  if (warning) logEvent({ type: "spool-warning", reason: warning });
  const watch = watched.length > 0 ? new FileWatch(watched) : undefined;
  const pool = await WorkerPool.start(workers, asUsage(() => addresses.map(parseAddress)), settings);
  logStarted(filters);
  if (watch) replaceOnChange(watch, pool);
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

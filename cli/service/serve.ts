/**
 * Runs `milterkit serve`: serves filters, in this process or in workers, until a signal stops it.
 *
 * @module
 */

import { passedSockets } from "../../lib/net/passed_sockets.ts";
import { readCommand, type ServeCommand } from "../config/serve_setup.ts";
import { log, logsToSyslog } from "../log/log.ts";
import { SERVICE_OPTIONS } from "../options/service_options.ts";
import { serveAsWorker, serveHere } from "./serve_here.ts";
import { serveInWorkers } from "./serve_in_workers.ts";
import { takeKeeperTask } from "./state/keeper_task.ts";
import { takeServiceEnvironment } from "./systemd/service_manager.ts";
import { takeWorkerEnvironment } from "./workers/worker_environment.ts";

/**
 * Serves until stopped.
 *
 * @param args the command line behind `serve`
 * @returns the exit code
 * @throws {UsageError} for an invalid command line, before anything listens
 * @throws {ConfigError} for an invalid configuration file
 */
export async function runServe(args: readonly string[]): Promise<number> {
  const task = takeKeeperTask();
  if (task) return await (await import("./state/keeper_main.ts")).runKeeper(task);
  const worker = takeWorkerEnvironment();
  if (worker) return await serveAsWorker(() => readCommand(args), worker);
  // Claim the inherited sockets before filters are loaded, which may start programs at once.
  passedSockets();
  const environment = takeServiceEnvironment();
  const command = readCommand(args);
  try {
    const code = servesInWorkers(command)
      ? await serveInWorkers(command, environment)
      : await serveHere(command, environment);
    log("info", "stopped", { type: "stopped" });
    return code;
  } catch (error) {
    // It is also written to standard error, where nobody may be who started it in the background.
    if (logsToSyslog()) log("error", (error as Error).message, { type: "not-started" });
    throw error;
  }
}

/** Whether workers serve: there are several, or versions, and only another process forgets what this one has imported. */
function servesInWorkers({ options, config }: ServeCommand): boolean {
  const { workers, watch } = SERVICE_OPTIONS;
  return config !== undefined || watch.value(options) === true || workers.value(options) > 1;
}

/**
 * The service: filters behind an address, until a signal says otherwise.
 *
 * @module
 */

import process from "node:process";
import config from "../../deno.json" with { type: "json" };
import { ConnectionCounter } from "../../lib/server/connection_limits.ts";
import { connectionsByDescriptors } from "../../lib/net/descriptors.ts";
import { parseAddress } from "../../lib/net/address.ts";
import { newServiceName } from "../../lib/protocol/hops.ts";
import { tellReady } from "../../lib/net/handover.ts";
import { passedSockets } from "../../lib/net/passed_sockets.ts";
import type { ServerEvent } from "../../lib/server/server_events.ts";
import { UsageError } from "../terminal/arguments.ts";
import { orderWarnings } from "../config/filter_arguments.ts";
import { asUsage, checkListener, serverSettings } from "../config/listener_config.ts";
import { Redaction } from "../log/redaction.ts";
import { log, logEvent } from "../log/log.ts";
import { ServiceMonitor } from "../observe/service_monitor.ts";
import { Reloader } from "./reload.ts";
import { LISTEN_OPTION } from "../options/serve_options.ts";
import { settingsAfterReload } from "../options/service_options.ts";
import { readSetup, type ServeSetup } from "../config/serve_setup.ts";
import { ServerGroup } from "./server_group.ts";
import { ServiceLog } from "./service_log.ts";
import { ServiceManager, takeServiceEnvironment } from "./systemd/service_manager.ts";
import { obeySignals, type Orders, runUntilStopped, toldFirst } from "./lifecycle.ts";
import { FileWatch } from "./watch/file_watch.ts";
import { replaceOnChange } from "./watch/replace_on_change.ts";
import { type PoolSetup, WorkerPool } from "./workers/pool.ts";
import { obeyParent, tellFailure } from "./workers/worker.ts";
import { takeWorkerEnvironment, type WorkerEnvironment } from "./workers/worker_environment.ts";
import { WorkerReporter } from "./workers/worker_reporter.ts";

/** How long workers have, who wait so long for their filters themselves. */
const POOL_ABORT_GRACE = 1500;

/**
 * Runs until stopped.
 *
 * @param args the command line behind `serve`
 * @returns the exit code
 * @throws {UsageError} for a command line that cannot be carried out, before anything listens
 * @throws {ConfigError} for a configuration file that cannot be used
 */
export async function runServe(args: readonly string[]): Promise<number> {
  const worker = takeWorkerEnvironment();
  if (worker) return await runWorker(args, worker);
  // Before filters are loaded, which may start programs at once.
  passedSockets();
  const environment = takeServiceEnvironment();
  const serviceLog = new ServiceLog();
  const setup = await readSetup(args, (settings) => serviceLog.configure(settings));
  const manager = await ServiceManager.find(environment);
  const watch = watchOf(setup);
  check(setup);
  const { workers, metrics } = setup.service;
  const inWorkers = workers > 1 || watch !== undefined || setup.config !== undefined;
  const monitor = await ServiceMonitor.start(metrics, inWorkers ? [] : setup.listeners);
  monitor.listeners = setup.listeners;
  try {
    const code = inWorkers
      ? await runPool(args, setup, serviceLog, watch, monitor, manager)
      : await runServers(setup, monitor, manager);
    log("info", "stopped", { type: "stopped" });
    return code;
  } finally {
    await monitor.close();
  }
}

/** Serves what the parent hands over; what it cannot is the parent's to tell. */
async function runWorker(
  args: readonly string[],
  { number, service, snapshot }: WorkerEnvironment,
): Promise<number> {
  try {
    const serviceLog = new ServiceLog(number);
    const setup = await readSetup(args, (settings) => serviceLog.configure(settings), snapshot);
    const { metrics, stopTimeout } = setup.service;
    const reporter = metrics && new WorkerReporter(setup.listeners);
    const onEvent = reporter ? recorded(reporter, logWorkerEvent) : logWorkerEvent;
    const start = async (): Promise<ServerGroup> => {
      const group = await startGroup(setup, service, (at) => `parent:${at}`, onEvent);
      tellReady();
      return group;
    };
    const code = await runUntilStopped(start, (orders) => obeyParent(orders, stopTimeout));
    await reporter?.finish();
    return code;
  } catch (error) {
    await tellFailure(error as Error);
    return 1;
  }
}

/** Serves in this process. */
function runServers(setup: ServeSetup, monitor: ServiceMonitor, manager: ServiceManager): Promise<number> {
  const start = async (): Promise<ServerGroup> => {
    const servers = await startServers(setup, monitor);
    manager.ready();
    manager.watch(() => monitor.alive);
    return servers;
  };
  const { stopTimeout } = setup.service;
  const obey = (orders: Orders) => obeySignals(announced(orders, monitor, manager), stopTimeout);
  return runUntilStopped(start, obey);
}

/** Serves in workers. With a configuration file SIGHUP has it read anew. */
function runPool(
  args: readonly string[],
  setup: ServeSetup,
  serviceLog: ServiceLog,
  watch: FileWatch | undefined,
  monitor: ServiceMonitor,
  manager: ServiceManager,
): Promise<number> {
  const service = newServiceName();
  let started!: (reloader: Reloader) => void;
  // A signal that comes before there is anything to reload is not forgotten.
  const reloading = new Promise<Reloader>((resolve) => started = resolve);
  const start = async (): Promise<WorkerPool> => {
    const pool = await WorkerPool.start(poolSetup(setup, service), monitor);
    monitor.watch(pool);
    logStarted(setup);
    manager.ready();
    manager.watch(() => monitor.alive);
    watchWorkers(pool, setup.service.workerTimeout);
    const reloader = new Reloader(async (signal) => {
      const next = await readAnew(args, setup);
      if (!next) return await pool.replace(signal);
      watch?.watchInstead(next.files);
      const nextPool = poolSetup(next, service);
      const replaced = await monitor.during(next.service.metrics, () => pool.replace(signal, nextPool));
      if (replaced === undefined) return undefined;
      monitor.listeners = next.listeners;
      serviceLog.configure(next.log);
      return replaced;
    }, manager);
    monitor.reloads = reloader;
    started(reloader);
    if (watch) {
      replaceOnChange(
        watch,
        (files, signal) => reloader.reload(`${files.join(", ")} changed`, files, signal),
      );
      void pool.finished.then(() => watch.close());
    }
    return pool;
  };
  const { config, service: { stopTimeout } } = setup;
  const onHangUp = config === undefined
    ? undefined
    : () => void reloading.then((reloader) => reloader.reload(`${config} is read anew`, [config]));
  const obey = (orders: Orders) => obeySignals(announced(orders, monitor, manager), stopTimeout, onHangUp);
  return runUntilStopped(start, obey, POOL_ABORT_GRACE);
}

/** Has workers killed that do not answer, but not after a time in which this process itself could not hear them. */
function watchWorkers(pool: WorkerPool, limit: number): void {
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    if (now - last < limit) pool.killSilent(limit);
    last = now;
  }, limit / 2).unref();
}

/** What a configuration file says now; of a command line nothing can have changed but files. */
async function readAnew(
  args: readonly string[],
  { config, service }: ServeSetup,
): Promise<ServeSetup | undefined> {
  if (config === undefined) return undefined;
  // How the log is written changes with the version that is taken, not with one that is not.
  const setup = await readSetup(args, () => {});
  check(setup);
  return { ...setup, service: settingsAfterReload(service, setup.service) };
}

/** Files to watch; undefined where nobody asked for it. */
function watchOf({ service, files }: ServeSetup): FileWatch | undefined {
  if (!service.watch) return undefined;
  if (files.length > 0) return new FileWatch(files);
  throw new UsageError(
    "milterkit serve: --watch has nothing to watch: no --filter is a file such as ./my-filter.ts, and no option names one",
  );
}

/** Finds mistakes that every worker would make, and says once what is unwise. */
function check({ listeners }: ServeSetup): void {
  for (const listener of listeners) {
    const warning = checkListener(listener);
    if (warning) logEvent({ type: "spool-warning", reason: warning });
    for (const warning of orderWarnings(listener.filters)) log("warning", warning);
  }
}

/** Starts to listen in this process, and says with what. */
async function startServers(setup: ServeSetup, monitor: ServiceMonitor): Promise<ServerGroup> {
  const onEvent = setup.service.metrics ? recorded(monitor, logEvent) : logEvent;
  const group = await startGroup(setup, newServiceName(), (address) => address, onEvent);
  monitor.watch(group);
  logStarted(setup);
  return group;
}

/** Counts what is logged. */
function recorded(
  recorder: { record(event: ServerEvent): void },
  logged: (event: ServerEvent) => void,
): (event: ServerEvent) => void {
  return (event) => {
    recorder.record(event);
    logged(event);
  };
}

/** Has load balancers and the service manager know from the first moment that the end has begun. */
function announced(orders: Orders, monitor: ServiceMonitor, manager: ServiceManager): Orders {
  return toldFirst(orders, () => {
    manager.stopping();
    monitor.ending();
  });
}

/** Starts what is to be served in this process; nothing is told of people that is not to be. */
function startGroup(
  { service, log, listeners }: ServeSetup,
  name: string,
  addressOf: (address: string) => string,
  tell: (event: ServerEvent) => void,
): Promise<ServerGroup> {
  const redaction = new Redaction(log.redact);
  const reports = service.metrics !== undefined || ["debug", "info"].includes(log.level);
  return ServerGroup.start(listeners, name, addressOf, (event) => tell(redaction.event(event)), reports);
}

function poolSetup(
  { service: { workers, workerTimeout }, listeners, snapshot }: ServeSetup,
  service: string,
): PoolSetup {
  return {
    count: workers,
    workerTimeout,
    service,
    snapshot,
    listeners: listeners.flatMap((listener) => {
      const options = serverSettings(listener);
      // Each worker has descriptors of its own; the parent gives its copy of a socket away.
      const counter = new ConnectionCounter(options.limits, connectionsByDescriptors() * workers);
      const addresses = asUsage(() => LISTEN_OPTION.value(listener.options).map(parseAddress));
      return addresses.map((address) => ({ address, options, counter }));
    }),
  };
}

function logStarted({ listeners }: ServeSetup): void {
  const chains = listeners.map(({ filters }) => filters.map(({ definition }) => definition.name).join(", "));
  const properties = { type: "started", version: config.version, pid: process.pid };
  log("info", `milterkit ${config.version} (process ${process.pid}) runs ${chains.join("; ")}`, properties);
}

/** What a worker tells. That it listens, or is told to stop, is the pool's to tell. */
function logWorkerEvent(event: ServerEvent): void {
  if (["listening", "stopping", "aborting", "spool-warning"].includes(event.type)) return;
  logEvent(event);
}

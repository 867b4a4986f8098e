/**
 * Runs `milterkit serve`: serves filters, in this process or in workers, until a signal stops it.
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
import { FilterHost } from "./filter_host.ts";
import { Reloader } from "./reload.ts";
import { LISTEN_OPTION } from "../options/serve_options.ts";
import { settingsAfterReload } from "../options/service_options.ts";
import { readSetup, type ServeSetup } from "../config/serve_setup.ts";
import { ServerGroup } from "./server_group.ts";
import { ServiceLog } from "./service_log.ts";
import { ServiceManager, takeServiceEnvironment } from "./systemd/service_manager.ts";
import { obeySignals, type Orders, runUntilStopped, withNotice } from "./lifecycle.ts";
import { FileWatch } from "./watch/file_watch.ts";
import { replaceOnChange } from "./watch/replace_on_change.ts";
import { type PoolSetup, WorkerPool } from "./workers/pool.ts";
import { obeyParent, tellFailure } from "./workers/worker.ts";
import { takeWorkerEnvironment, type WorkerEnvironment } from "./workers/worker_environment.ts";
import { WorkerReporter } from "./workers/worker_reporter.ts";

/** How long workers have after an abort, in milliseconds; more than they themselves wait for their filters. */
const POOL_ABORT_GRACE = 1500;

/**
 * Serves until stopped.
 *
 * @param args the command line behind `serve`
 * @returns the exit code
 * @throws {UsageError} for an invalid command line, before anything listens
 * @throws {ConfigError} for an invalid configuration file
 */
export async function runServe(args: readonly string[]): Promise<number> {
  const worker = takeWorkerEnvironment();
  if (worker) return await runWorker(args, worker);
  // Claim the inherited sockets before filters are loaded, which may start programs at once.
  passedSockets();
  const environment = takeServiceEnvironment();
  const serviceLog = new ServiceLog();
  const host = new FilterHost(serviceLog);
  const setup = await readSetup(
    args,
    (settings) => serviceLog.configure(settings),
    undefined,
    host.parts,
  );
  const manager = await ServiceManager.find(environment);
  const watch = watchOf(setup);
  check(setup);
  const { workers, metrics } = setup.service;
  const inWorkers = workers > 1 || watch !== undefined || setup.config !== undefined;
  const monitor = inWorkers
    ? await ServiceMonitor.start(metrics, [])
    : await ServiceMonitor.start(metrics, setup.listeners, host.metrics);
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

/** Serves the connections that the parent hands over; reports a failure to the parent, which logs it. */
async function runWorker(
  args: readonly string[],
  { number, service, snapshot }: WorkerEnvironment,
): Promise<number> {
  try {
    const serviceLog = new ServiceLog(number);
    const host = new FilterHost(serviceLog);
    const setup = await readSetup(
      args,
      (settings) => serviceLog.configure(settings),
      snapshot,
      host.parts,
    );
    const { metrics, stopTimeout } = setup.service;
    const reporter = metrics && new WorkerReporter(setup.listeners, host.metrics);
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

/** Serves in workers; reloads the configuration file, if any, on SIGHUP. */
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
  // A signal that arrives before the start is complete waits for it.
  const reloading = new Promise<Reloader>((resolve) => started = resolve);
  const start = async (): Promise<WorkerPool> => {
    const pool = await WorkerPool.start(poolSetup(setup, service), monitor);
    monitor.watch(pool);
    logStarted(setup);
    manager.ready();
    manager.watch(() => monitor.alive);
    watchWorkers(pool, setup.service.workerTimeout);
    const reloader = new Reloader(async (signal) => {
      const next = await reloadedSetup(args, setup);
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
    : () => void reloading.then((reloader) => reloader.reload("SIGHUP", [config]));
  const obey = (orders: Orders) => obeySignals(announced(orders, monitor, manager), stopTimeout, onHangUp);
  return runUntilStopped(start, obey, POOL_ABORT_GRACE);
}

/** Kills workers that do not answer, but not after a time in which this process itself could not hear them. */
function watchWorkers(pool: WorkerPool, limit: number): void {
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    if (now - last < limit) pool.killSilent(limit);
    last = now;
  }, limit / 2).unref();
}

/** Reads the configuration file again; undefined without one, since a command line does not change. */
async function reloadedSetup(
  args: readonly string[],
  { config, service }: ServeSetup,
): Promise<ServeSetup | undefined> {
  if (config === undefined) return undefined;
  // Do not apply the settings of the log yet: the reload may still fail.
  const setup = await readSetup(args, () => {});
  check(setup);
  return { ...setup, service: settingsAfterReload(service, setup.service) };
}

/** Returns a watch of the files; undefined without `--watch`. */
function watchOf({ service, files }: ServeSetup): FileWatch | undefined {
  if (!service.watch) return undefined;
  if (files.length > 0) return new FileWatch(files);
  throw new UsageError(
    "milterkit serve: --watch has nothing to watch: no --filter is a file such as ./my-filter.ts, and no option names one",
  );
}

/** Reports mistakes and logs warnings once, before every worker would do so. */
function check({ listeners }: ServeSetup): void {
  for (const listener of listeners) {
    const warning = checkListener(listener);
    if (warning) logEvent({ type: "spool-warning", reason: warning });
    for (const warning of orderWarnings(listener.filters)) log("warning", warning);
  }
}

/** Starts the servers in this process, and logs their filters. */
async function startServers(setup: ServeSetup, monitor: ServiceMonitor): Promise<ServerGroup> {
  const onEvent = setup.service.metrics ? recorded(monitor, logEvent) : logEvent;
  const group = await startGroup(setup, newServiceName(), (address) => address, onEvent);
  monitor.watch(group);
  logStarted(setup);
  return group;
}

/** Returns a function that counts each event before logging it. */
function recorded(
  recorder: { record(event: ServerEvent): void },
  logged: (event: ServerEvent) => void,
): (event: ServerEvent) => void {
  return (event) => {
    recorder.record(event);
    logged(event);
  };
}

/** Tells load balancers and the service manager about a stop before it begins. */
function announced(orders: Orders, monitor: ServiceMonitor, manager: ServiceManager): Orders {
  return withNotice(orders, () => {
    manager.stopping();
    monitor.ending();
  });
}

/** Starts the servers of this process; events are redacted before anybody sees them. */
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
      // Descriptors of all workers count, not the parent's: it closes its copy of each socket it hands over.
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

/** Logs an event in a worker, except starting and stopping, which the pool logs. */
function logWorkerEvent(event: ServerEvent): void {
  if (["listening", "stopping", "aborting", "spool-warning"].includes(event.type)) return;
  logEvent(event);
}

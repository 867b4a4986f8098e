/**
 * Serves in this process: filters are loaded, checked, served and ended here, whether it is a worker or the only process.
 *
 * @module
 */

import { tellReady } from "../../lib/net/handover.ts";
import { newServiceName } from "../../lib/protocol/hops.ts";
import type { FilterMetrics } from "../../lib/kit/metrics.ts";
import type { StateInfo } from "../../lib/store/backend.ts";
import type { ServerEvent } from "../../lib/server/server_events.ts";
import { readSetup, type ServeCommand, type ServeSetup } from "../config/serve_setup.ts";
import { type SetupSummary, summaryOf } from "../config/setup_summary.ts";
import type { ConfigSnapshot } from "../config/snapshot.ts";
import { logEvent } from "../log/log.ts";
import { Redaction } from "../log/redaction.ts";
import { ServiceMonitor } from "../observe/service_monitor.ts";
import { LOG_OPTIONS, type LogSettings } from "../options/log_options.ts";
import { settingsOf } from "../options/serve_option.ts";
import type { StateSettings } from "../options/state_options.ts";
import { FilterHost } from "./filter_host.ts";
import { announced, obeySignals, type Orders, runUntilStopped } from "./lifecycle.ts";
import { PidFile } from "./pid_file.ts";
import { ServerGroup } from "./server_group.ts";
import { ServiceLog } from "./service_log.ts";
import { SharedState } from "./state/shared_state.ts";
import { StateHost } from "./state/state_host.ts";
import { type ServiceEnvironment, ServiceManager } from "./systemd/service_manager.ts";
import { logStarted, logWarnings } from "./version_log.ts";
import {
  askForState,
  becomeWorker,
  obeyParent,
  tellFailure,
  tellLoaded,
  tellOutages,
} from "./workers/worker.ts";
import type { WorkerEnvironment } from "./workers/worker_environment.ts";
import { WorkerReporter } from "./workers/worker_reporter.ts";

/** A version, loaded and checked in this process. */
interface Loaded {
  readonly setup: ServeSetup;
  readonly summary: SetupSummary;
  /** What its filters count. */
  readonly metrics: FilterMetrics;
}

/**
 * Serves at the addresses of the command line until a signal stops it.
 *
 * @param command the command line
 * @param environment what the service manager says
 * @returns the exit code
 * @throws {UsageError} for an invalid command line, before anything listens
 */
export async function serveHere(command: ServeCommand, environment: ServiceEnvironment): Promise<number> {
  const host = new StateHost(true);
  const state = new SharedState((settings) => host.settle(settings));
  let pidFile: PidFile | undefined;
  try {
    const loaded = await load(command, new ServiceLog(), state);
    pidFile = PidFile.claimIfAny(loaded.summary.service.pidFile);
    return await serveLoaded(loaded, environment, async () => await state.info() ?? await host.info());
  } finally {
    await state.close();
    await host.close();
    pidFile?.remove();
  }
}

async function serveLoaded(
  loaded: Loaded,
  environment: ServiceEnvironment,
  measureState: () => Promise<StateInfo | undefined>,
): Promise<number> {
  const manager = await ServiceManager.find(environment);
  const { service, listeners } = loaded.summary;
  logWarnings(loaded.summary);
  const messages = service.statusMessages;
  const monitor = await ServiceMonitor.start(service.metrics, {
    listeners,
    custom: loaded.metrics,
    messages,
  });
  monitor.listeners = listeners;
  monitor.measureState = measureState;
  const start = async (): Promise<ServerGroup> => {
    const onEvent = service.metrics ? recordedBy(monitor, logEvent) : logEvent;
    const servers = await startGroup(loaded, newServiceName(), (address) => address, onEvent);
    monitor.watch(servers);
    logStarted(loaded.summary);
    manager.ready();
    manager.watch(() => monitor.alive);
    return servers;
  };
  const obey = (orders: Orders) =>
    obeySignals(announced(orders, monitor, manager), () => service.stopTimeout);
  try {
    return await runUntilStopped(start, obey);
  } finally {
    await monitor.close();
  }
}

/**
 * Serves the connections that the parent hands over. Reports a failure to the parent, which logs it.
 *
 * @param command reads the command line, which the parent has read before
 * @param environment what the parent says
 * @returns the exit code
 */
export async function serveAsWorker(
  command: () => ServeCommand,
  { number, service, snapshot }: WorkerEnvironment,
): Promise<number> {
  becomeWorker();
  try {
    const state = new SharedState(askForState, tellOutages);
    const loaded = await load(command(), new ServiceLog(number), state, snapshot);
    const { summary } = loaded;
    await tellLoaded(summary);
    const { metrics, stopTimeout, statusMessages: messages } = summary.service;
    const { listeners } = summary;
    const recorded = { listeners, custom: loaded.metrics, messages, worker: number };
    const reporter = metrics && new WorkerReporter(recorded);
    const onEvent = reporter ? recordedBy(reporter, logWorkerEvent) : logWorkerEvent;
    const start = async (): Promise<ServerGroup> => {
      const group = await startGroup(loaded, service, (at) => `parent:${at}`, onEvent);
      tellReady();
      return group;
    };
    const code = await runUntilStopped(start, (orders) => obeyParent(orders, stopTimeout));
    await state.close();
    await reporter?.finish();
    return code;
  } catch (error) {
    await tellFailure(error as Error);
    return 1;
  }
}

/** Loads and checks a version: the one place where the filters of this process are made. */
async function load(
  command: ServeCommand,
  serviceLog: ServiceLog,
  state: SharedState,
  snapshot?: ConfigSnapshot,
): Promise<Loaded> {
  // The settings of a configuration file are known only when its filters are loaded, which may log errors.
  serviceLog.configure(settingsOf(LOG_OPTIONS, command.options));
  const host = new FilterHost(serviceLog, state);
  const early = (settings: LogSettings, kept: StateSettings) => {
    serviceLog.configure(settings);
    state.configure(kept);
  };
  const setup = await readSetup(command, early, snapshot, host.parts);
  await state.ready();
  return { setup, summary: summaryOf(setup), metrics: host.metrics };
}

/** Starts the servers of this process; events are redacted before anybody sees them. */
async function startGroup(
  { setup: { service, log, listeners } }: Loaded,
  name: string,
  addressOf: (address: string) => string,
  tell: (event: ServerEvent, listener: number) => void,
): Promise<ServerGroup> {
  const redaction = new Redaction(log.redact);
  const reports = service.metrics !== undefined || ["debug", "info"].includes(log.level);
  return await ServerGroup.start(
    listeners,
    name,
    addressOf,
    (event, listener) => tell(redaction.event(event), listener),
    reports,
  );
}

/** Returns a function that counts each event and logs it. */
function recordedBy(
  recorder: { record(event: ServerEvent, log: () => void, listener: number): void },
  logged: (event: ServerEvent) => void,
): (event: ServerEvent, listener: number) => void {
  return (event, listener) => recorder.record(event, () => logged(event), listener);
}

/** Logs an event in a worker, except starting and stopping, which the pool logs. */
function logWorkerEvent(event: ServerEvent): void {
  if (["listening", "stopping", "aborting", "spool-warning"].includes(event.type)) return;
  logEvent(event);
}

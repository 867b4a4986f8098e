/**
 * Serves in workers, and reloads. This process accepts connections, so it never runs users' code: workers load and check
 * each version, and tell it what it needs to know.
 *
 * @module
 */

import { connectionsByDescriptors } from "../../lib/net/descriptors.ts";
import { parseAddress } from "../../lib/net/address.ts";
import { newServiceName } from "../../lib/protocol/hops.ts";
import { ConnectionCounter } from "../../lib/server/connection_limits.ts";
import { inheritedSockets } from "../config/inherited_places.ts";
import { asUsage } from "../config/listener_config.ts";
import type { ServeCommand } from "../config/serve_setup.ts";
import type { SetupSummary } from "../config/setup_summary.ts";
import { runningProgram } from "../observe/running_program.ts";
import { ServiceMonitor } from "../observe/service_monitor.ts";
import { LOG_OPTIONS } from "../options/log_options.ts";
import { settingsOf } from "../options/serve_option.ts";
import { settingsAfterReload } from "../options/service_options.ts";
import { UsageError } from "../terminal/arguments.ts";
import { announced, obeySignals, type Orders, runUntilStopped, type Started } from "./lifecycle.ts";
import { PidFile } from "./pid_file.ts";
import { Reloader } from "./reload.ts";
import { ServiceLog } from "./service_log.ts";
import { StateHost } from "./state/state_host.ts";
import { type ServiceEnvironment, ServiceManager } from "./systemd/service_manager.ts";
import { logStarted, logWarnings } from "./version_log.ts";
import { FileWatch } from "./watch/file_watch.ts";
import { replaceOnChange } from "./watch/replace_on_change.ts";
import { type PoolSetup, WorkerPool } from "./workers/pool.ts";

/** How long workers have after an abort, in milliseconds; more than they themselves wait for their filters. */
const POOL_ABORT_GRACE = 1500;

/**
 * Serves until a signal stops it; reloads the configuration file, if any, on SIGHUP, and changed files with `--watch`.
 *
 * @param command the command line
 * @param environment what the service manager says
 * @returns the exit code
 * @throws {UsageError} for an invalid command line, before anything listens
 * @throws {ConfigError} for an invalid configuration file
 */
export async function serveInWorkers(
  command: ServeCommand,
  environment: ServiceEnvironment,
): Promise<number> {
  const log = new ServiceLog();
  // Those of a configuration file are not known yet.
  log.configure(settingsOf(LOG_OPTIONS, command.options));
  return await new PoolService(command.config, log, await ServiceManager.find(environment)).run();
}

/** A version that is served, and the pool's settings for it. */
interface Version {
  readonly summary: SetupSummary;
  readonly pool: PoolSetup;
}

/** A service with workers. */
class PoolService {
  readonly #config: string | undefined;
  readonly #manager: ServiceManager;
  readonly #monitor = new ServiceMonitor();
  readonly #log: ServiceLog;
  readonly #state = new StateHost(false);
  readonly #pool: WorkerPool;
  readonly #reloader: Reloader;
  /** Settles when the first version is served: a signal to reload that arrives earlier waits for it. */
  readonly #started = Promise.withResolvers<void>();
  #version: Version | undefined;
  #pidFile: PidFile | undefined;
  #watch: FileWatch | undefined;

  constructor(config: string | undefined, log: ServiceLog, manager: ServiceManager) {
    this.#config = config;
    this.#log = log;
    this.#manager = manager;
    const identity = { service: newServiceName(), inherited: inheritedSockets() };
    this.#pool = new WorkerPool(identity, this.#state, this.#monitor);
    this.#reloader = new Reloader((signal) => this.#load(signal), manager, () => runningProgram?.notice);
  }

  async run(): Promise<number> {
    const onHangUp = this.#config === undefined ? undefined : () => void this.#hangUp(this.#config!);
    const obey = (orders: Orders) =>
      obeySignals(
        announced(orders, this.#monitor, this.#manager),
        () => this.#version?.summary.service.stopTimeout ?? 0,
        onHangUp,
      );
    try {
      return await runUntilStopped((signal) => this.#start(signal), obey, POOL_ABORT_GRACE);
    } finally {
      await this.#monitor.close();
      await this.#state.close();
      this.#pidFile?.remove();
    }
  }

  async #start(signal: AbortSignal): Promise<Started> {
    this.#monitor.watch(this.#pool);
    this.#monitor.measureState = () => this.#state.info();
    await this.#load(signal);
    const { summary } = this.#version!;
    logStarted(summary);
    this.#manager.ready();
    this.#manager.watch(() => this.#monitor.alive);
    watchWorkers(this.#pool, summary.service.workerTimeout);
    this.#monitor.reloads = this.#reloader;
    this.#started.resolve();
    const watch = this.#watch;
    if (watch) {
      replaceOnChange(
        watch,
        (files, signal) => this.#reloader.reload(`${files.join(", ")} changed`, files, signal),
      );
      void this.#pool.finished.then(() => watch.close());
    }
    return this.#pool;
  }

  async #hangUp(config: string): Promise<void> {
    await this.#started.promise;
    await this.#reloader.reload("SIGHUP", [config]);
  }

  /**
   * Has workers load a version, and serves it.
   *
   * @returns how many connections keep the previous version; undefined if the service is stopping
   */
  #load(signal: AbortSignal | undefined): Promise<number | undefined> {
    return this.#pool.change(signal, async (loaded, serve) => {
      const before = this.#version;
      const summary = before
        ? { ...loaded, service: settingsAfterReload(before.summary.service, loaded.service) }
        : loaded;
      // A reload may still fail, so its settings of the log wait.
      if (!before) {
        this.#log.configure(summary.log);
        // Before anything listens: that a service runs already says more than that its address is in use.
        this.#pidFile = PidFile.claimIfAny(summary.service.pidFile);
      }
      this.#watchFiles(summary);
      logWarnings(summary);
      // Without a configuration file, addresses and limits stay, with the connections counted so far.
      const listeners = this.#config === undefined ? before?.pool.listeners : undefined;
      const pool = poolSetup(summary, listeners);
      if (!before) await this.#keepMessages(summary);
      const connections = await this.#monitor.during(summary.service.metrics, () => serve(pool));
      this.#version = { summary, pool };
      this.#monitor.listeners = summary.listeners;
      await this.#keepMessages(summary, before?.summary);
      this.#log.configure(summary.log);
      return connections;
    });
  }

  /** Lets the status page keep messages as a version wants it. */
  async #keepMessages({ service, log }: SetupSummary, before?: SetupSummary): Promise<void> {
    // What was kept may say what the log may not say any more.
    if (before && log.redact.some((kind) => !before.log.redact.includes(kind))) {
      await this.#monitor.forgetNames();
    }
    this.#monitor.mailLog.most = service.metrics ? service.statusMessages : 0;
  }

  /** Watches the files of a version from now on; does nothing without `--watch`. */
  #watchFiles({ service, files }: SetupSummary): void {
    if (!service.watch) return;
    if (this.#watch) return this.#watch.watchInstead(files);
    if (files.length > 0) return void (this.#watch = new FileWatch(files));
    throw new UsageError(
      "milterkit serve: --watch has nothing to watch: no --filter is a file such as ./my-filter.ts, and no option names one",
    );
  }
}

/** Returns the pool's settings for a version. */
function poolSetup(
  { service: { workers, workerTimeout }, listeners, snapshot }: SetupSummary,
  open: PoolSetup["listeners"] | undefined,
): PoolSetup {
  const wanted = () =>
    listeners.flatMap(({ addresses, socket, limits }) => {
      // Descriptors of all workers count, not the parent's: it closes its copy of each socket it hands over.
      const counter = new ConnectionCounter(limits, connectionsByDescriptors() * workers);
      return asUsage(() => addresses.map(parseAddress)).map((address) => ({
        address,
        options: socket,
        counter,
      }));
    });
  return { count: workers, workerTimeout, snapshot, listeners: open ?? wanted() };
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

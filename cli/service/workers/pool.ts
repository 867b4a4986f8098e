/**
 * A pool of workers behind shared addresses: this process accepts connections and hands each to the worker with the
 * fewest; a worker that dies is replaced.
 *
 * @module
 */

import { Throttle } from "../../../lib/time/throttle.ts";
import type { ServerEvent } from "../../../lib/server/server_events.ts";
import type { SetupSummary } from "../../config/setup_summary.ts";
import type { ConfigSnapshot } from "../../config/snapshot.ts";
import { log, logEvent } from "../../log/log.ts";
import type { Readiness } from "../../observe/health.ts";
import type { MonitoredService, WorkerCounts } from "../../observe/monitored_service.ts";
import type { ProcessReport } from "../../observe/process_report.ts";
import type { StateSettings } from "../../options/state_options.ts";
import type { StatePlace } from "../state/place.ts";
import { errorData } from "./error_data.ts";
import type { AcceptedConnection } from "./worker_connections.ts";
import { PoolListeners, type WantedListener } from "./pool_listeners.ts";
import { WorkerSlot } from "./worker_slot.ts";
import { drop, WaitingConnections } from "./waiting_connections.ts";
import { type WorkerEnd, WorkerProcess } from "./worker_process.ts";
import { logRuntimeWarnings, logWorker } from "./worker_log.ts";
import type { ServiceIdentity } from "./worker_environment.ts";
import type { OutageMessage } from "./worker_protocol.ts";
import { howItEnded, WorkerStart } from "./worker_start.ts";

/** How long workers may take to abort before they are killed, in milliseconds. */
const ABORT_LIMIT = 1200;
/** How long connections may wait without any worker taking one before the pool is not ready, in milliseconds. */
const STANDS_STILL = 5000;

/** Settings of a pool. */
export interface PoolSetup {
  /** The number of workers. */
  readonly count: number;
  /** The addresses that the MTA connects to. */
  readonly listeners: readonly WantedListener[];
  /** How long a worker may take to answer before it is killed, in milliseconds. */
  readonly workerTimeout: number;
  /** The texts of the configuration that workers use. */
  readonly snapshot?: ConfigSnapshot | undefined;
}

/** Receives what workers count. */
export interface PoolObserver {
  /** A worker sent a report; `worker` distinguishes it from others with its number. */
  reported(number: number, worker: unknown, report: ProcessReport): void;
  /** A worker has ended. */
  ended(worker: unknown): void;
  /** An event happened before a connection was handed to a worker. */
  record(event: ServerEvent): void;
}

/** Decides where the state of the service is, and learns that it does not answer. */
export interface PoolState {
  /** @throws {Error} if it cannot be used */
  settle(settings: StateSettings): Promise<StatePlace>;
  /** Takes what a worker tells of a state that does not answer. */
  outage(worker: object, message: OutageMessage): void;
  /** Takes the end of a worker. */
  workerEnded(worker: object): void;
}

/** A pool of workers; stops and aborts like a server. */
export class WorkerPool implements MonitoredService {
  /** Settles when it has stopped and all workers have ended. */
  readonly finished: Promise<void>;
  readonly #slots: WorkerSlot[] = [];
  /** Workers that were replaced and still have connections. */
  readonly #leaving = new Set<WorkerProcess>();
  /** Workers of a version that is not served; they may still have to end their filters. */
  readonly #discarded = new Set<WorkerProcess>();
  #start: WorkerStart | undefined;
  readonly #waiting = new WaitingConnections(
    () => this.#serving ? this.#current() : [],
    () => this.#workers(),
  );
  readonly #listeners = new PoolListeners(
    (offer) => {
      if (this.#serving) this.#waiting.take(offer);
      else drop(offer);
    },
    (event) => {
      this.#observer?.record(event);
      logEvent(event);
    },
  );
  readonly #identity: ServiceIdentity;
  readonly #state: PoolState;
  /** What is served; undefined at first. */
  #setup: PoolSetup | undefined;
  readonly #observer: PoolObserver | undefined;
  readonly #notices = new Throttle();
  /** How many workers replaced one that died, and how many connections were lost with those. */
  #restarts = 0;
  #lost = 0;
  /** While `stopping`, connections that were already accepted are still handed to workers. */
  #phase: "starting" | "running" | "stopping" | "ending" = "starting";
  #resolve!: () => void;

  /**
   * Makes a pool that serves nothing yet; {@linkcode change} makes it serve.
   *
   * @param identity what all processes of the service have in common
   * @param state where filters keep what outlives a message
   * @param observer receives what workers count
   */
  constructor(identity: ServiceIdentity, state: PoolState, observer?: PoolObserver) {
    this.#identity = identity;
    this.#state = state;
    this.#observer = observer;
    this.finished = new Promise((resolve) => this.#resolve = resolve);
    logRuntimeWarnings();
  }

  /** The number of connections in all workers. */
  get connections(): number {
    return this.#workers().reduce((count, worker) => count + worker.held, 0);
  }

  /** Whether any worker accepts connections. */
  get readiness(): Readiness {
    if (this.#phase !== "running") return this.#ending ? "stopping" : "starting";
    if (this.#waiting.standstill >= STANDS_STILL) return "stuck";
    return this.#current().some(({ ready }) => ready) ? "ready" : "no worker";
  }

  /**
   * Whether workers accept connections, or will again without a restart: one that hangs is killed and replaced within twice
   * the worker timeout.
   */
  get alive(): boolean {
    return this.#waiting.standstill < 2 * (this.#setup?.workerTimeout ?? Infinity);
  }

  /** Counts of its workers. */
  get workers(): WorkerCounts {
    return {
      wanted: this.#setup?.count ?? 0,
      ready: this.#current().filter(({ ready }) => ready).length,
      leaving: this.#leaving.size,
      restarts: this.#restarts,
      lost: this.#lost,
      waiting: this.#waiting.length,
      turnedAway: this.#waiting.turnedAway,
      acceptFailures: this.#listeners.failures,
    };
  }

  /** Asks all workers for a report; settles once they have sent it, or after `milliseconds`. */
  async collect(milliseconds: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout>;
    const limit = new Promise<void>((resolve) => timer = setTimeout(resolve, milliseconds));
    await Promise.race([Promise.all(this.#workers().map((worker) => worker.report())), limit]);
    clearTimeout(timer!);
  }

  /**
   * Serves a new version, the first one or another, with new workers, since each keeps the files as they were at its start.
   * Users' code runs only in workers: the first one loads and checks the version, and says what it is. New connections go
   * to the new workers once all of those are ready; each old worker ends when its connections have. If a worker does not
   * start, or an address cannot be listened on, nothing changes.
   *
   * @param signal abandons the attempt
   * @param accept called with what the first worker has loaded; it may refuse that by throwing, or call `serve` with the
   *   settings, which settles when the version is served, and returns how many connections the old workers have
   * @returns what `accept` returns; undefined if the pool is stopping
   * @throws {Error} whatever the first worker reports, and `accept` throws
   * @throws {AddressError} for an address that cannot be listened on
   * @throws {WorkerStartError} if a worker does not start
   */
  async change<T>(
    signal: AbortSignal | undefined,
    accept: (loaded: SetupSummary, serve: (setup: PoolSetup) => Promise<number>) => Promise<T>,
  ): Promise<T | undefined> {
    if (this.#ending) return undefined;
    if (this.#start) throw new Error("the pool is starting");
    const start = this.#start = new WorkerStart(this.#spawn(1, undefined), signal);
    try {
      return await accept(await start.loaded(), (setup) => this.#serve(setup, start));
    } catch (error) {
      start.cancel();
      for (const worker of start.refused) if (!worker.over) this.#discarded.add(worker);
      await this.#listeners.withdraw();
      if (this.#ending) return undefined;
      throw error;
    } finally {
      this.#start = undefined;
    }
  }

  async #serve(setup: PoolSetup, start: WorkerStart): Promise<number> {
    start.accept();
    start.workers.filter(({ ready }) => ready).forEach(logReady);
    await this.#listeners.add(setup.listeners);
    const others = () =>
      Array.from({ length: setup.count - 1 }, (_, i) => this.#spawn(i + 2, setup.snapshot));
    await start.finish(others, this.#setup !== undefined);
    await this.#listeners.addInherited(setup.listeners);
    const workers = start.take();
    this.#setup = setup;
    const connections = this.#retire();
    this.#install(workers);
    this.#phase = "running";
    this.#waiting.hand();
    await this.#listeners.settle(setup.listeners);
    return connections;
  }

  /** Accepts no more connections; workers end when theirs have, see `Server.stop`. */
  async stop(timeout: number): Promise<void> {
    this.#takeNoMore("stopping");
    await this.#waiting.handed();
    this.#end((worker) => worker.tell({ type: "stop", timeout }));
    await this.finished;
  }

  /** Accepts no more connections and ends the open ones, see `Server.abort`. */
  async abort(): Promise<void> {
    setTimeout(() => {
      for (const worker of this.#workers()) worker.kill();
    }, ABORT_LIMIT).unref();
    this.#takeNoMore("aborting");
    this.#end((worker) => worker.tell({ type: "abort" }));
    await this.finished;
  }

  /**
   * Kills workers that have not answered for too long, for example because a filter computes endlessly, which would keep
   * their other connections waiting. Asks the others whether they are alive.
   *
   * @param limit how long a worker may take to answer, in milliseconds
   */
  killSilent(limit: number): void {
    const now = performance.now();
    for (const worker of this.#workers().filter(({ ready }) => ready)) {
      if (worker.silence(now) < limit) {
        worker.ask(now);
        continue;
      }
      logWorker("error", "worker-silent", worker, `has not answered for ${limit / 1000} s and is killed`);
      worker.kill();
    }
  }

  // ---- workers

  /** The workers that receive new connections. */
  #current(): WorkerProcess[] {
    return this.#slots.map(({ worker }) => worker);
  }

  /** All workers that have not ended. */
  #workers(): WorkerProcess[] {
    const starting = this.#start?.workers ?? [];
    const all = new Set([...this.#current(), ...this.#leaving, ...this.#discarded, ...starting]);
    return [...all].filter(({ over }) => !over);
  }

  #install(workers: readonly WorkerProcess[]): void {
    this.#slots.push(...workers.map((worker) => new WorkerSlot(worker)));
  }

  /** Ends the current workers as soon as their connections have; returns the number of those. */
  #retire(): number {
    let connections = 0;
    for (const slot of this.#slots.splice(0)) {
      slot.cancelRestart();
      const { worker } = slot;
      if (worker.over) continue;
      connections += worker.held;
      this.#leaving.add(worker);
      this.#endIfIdle(worker);
    }
    return connections;
  }

  #spawn(number: number, snapshot: ConfigSnapshot | undefined): WorkerProcess {
    const worker: WorkerProcess = new WorkerProcess(number, this.#identity, snapshot, {
      loaded: (summary) => this.#start?.heardOf(worker, summary),
      ready: () => this.#ready(worker),
      took: () => this.#waiting.moved(),
      missed: (offer) => this.#missed(worker, offer),
      closed: () => this.#closed(worker),
      broken: () => this.#broken(worker),
      cutOff: () => this.#cutOff(worker),
      reported: (report) => this.#observer?.reported(number, worker, report),
      wantsState: (settings) => void this.#tellState(worker, settings),
      outage: (message) => this.#state.outage(worker, message),
      ended: (end) => this.#ended(worker, end),
    });
    return worker;
  }

  async #tellState(worker: WorkerProcess, settings: StateSettings): Promise<void> {
    try {
      worker.tell({ type: "state", place: await this.#state.settle(settings) });
    } catch (error) {
      worker.tell({ type: "state", error: errorData(error) });
    }
  }

  #ready(worker: WorkerProcess): void {
    if (!this.#start?.isUndecided(worker)) logReady(worker);
    this.#start?.ready();
    this.#waiting.hand();
  }

  /** A worker has room again: one of its connections has ended, or went elsewhere. */
  #closed(worker: WorkerProcess): void {
    this.#endIfIdle(worker);
    this.#waiting.hand();
  }

  #missed(worker: WorkerProcess, offer: AcceptedConnection): void {
    if (offer.socket.destroyed || this.#phase === "ending") drop(offer);
    else this.#takeBack(worker, offer);
    this.#closed(worker);
  }

  /** Queues a connection again, for another worker, or for this one once it has room. */
  #takeBack(worker: WorkerProcess, offer: AcceptedConnection): void {
    const before = this.#notices.due(`missed ${worker.number}`, performance.now());
    if (before !== undefined) {
      const again = before === 0 ? "" : `, nor ${before} before`;
      const why = "the worker is too busy, or the limit of open descriptors (ulimit -n) is too low";
      logWorker(
        "warning",
        "worker-missed",
        worker,
        `could not take a connection${again}; the connection waits: ${why}`,
      );
    }
    this.#waiting.takeBack(offer);
  }

  #broken(worker: WorkerProcess): void {
    logWorker("error", "worker-broken", worker, "has no connections but cannot take any; it is killed");
    worker.kill();
  }

  /** Replaces a worker that can receive no more connections; it ends when its own have. */
  #cutOff(worker: WorkerProcess): void {
    const slot = this.#slots.find((each) => each.worker === worker);
    if (this.#ending || !slot) return;
    this.#leaving.add(worker);
    const next = this.#restart(slot);
    const what = `can receive no more connections, and ends after its current ${worker.held}; ${next}`;
    logWorker("error", "worker-cut-off", worker, what);
    this.#closed(worker);
  }

  /** Ends a worker if it was replaced and has no connections. */
  #endIfIdle(worker: WorkerProcess): void {
    if (this.#leaving.has(worker) && worker.held === 0) worker.tell({ type: "stop", timeout: 0 });
  }

  #ended(worker: WorkerProcess, end: WorkerEnd): void {
    this.#lost += end.lost;
    this.#observer?.ended(worker);
    this.#state.workerEnded(worker);
    if (end.offer) this.#waiting.takeBack(end.offer);
    this.#start?.ended(worker, end);
    this.#discarded.delete(worker);
    if (this.#ending) {
      if (this.#phase === "stopping" && this.#workers().length > 0) this.#waiting.hand();
      else this.#waiting.drop();
      return this.#finishIfAllEnded();
    }
    const slot = this.#slots.find((each) => each.worker === worker);
    const leaving = this.#leaving.delete(worker);
    // A worker that was cut off may end while its slot still waits for the next one.
    const next = leaving
      ? end.code === 0 ? undefined : "it was already replaced"
      : slot && this.#restart(slot);
    if (next !== undefined) {
      const { code, signal, lost } = end;
      const what = `${howItEnded(end)}, with ${lost} connections lost; ${next}`;
      logWorker("error", "worker-ended", worker, what, { code, signal });
    }
    this.#waiting.hand();
  }

  /** Starts another worker, now or later; returns when, in words. */
  #restart(slot: WorkerSlot): string {
    return slot.restart(() => {
      this.#restarts++;
      return this.#spawn(slot.number, this.#setup?.snapshot);
    });
  }

  // ---- stopping

  get #ending(): boolean {
    return this.#phase === "stopping" || this.#phase === "ending";
  }

  /** Whether the pool hands connections to workers. */
  get #serving(): boolean {
    return this.#phase === "running" || this.#phase === "stopping";
  }

  #takeNoMore(type: "stopping" | "aborting"): void {
    const connections = this.connections;
    log("info", `${type}: ${connections} connections`, { type, connections });
    if (this.#ending) return;
    this.#phase = "stopping";
    // Those have no connections, and users' code may keep them from hearing anything.
    this.#start?.cancel();
    void this.#listeners.close();
    for (const slot of this.#slots) slot.cancelRestart();
  }

  #end(tell: (worker: WorkerProcess) => void): void {
    this.#phase = "ending";
    this.#waiting.drop();
    for (const worker of this.#workers()) tell(worker);
    this.#finishIfAllEnded();
  }

  #finishIfAllEnded(): void {
    if (this.#workers().length === 0) this.#resolve();
  }
}

function logReady(worker: WorkerProcess): void {
  logWorker("info", "worker-ready", worker, "is ready");
}

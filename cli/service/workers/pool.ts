/**
 * Several processes behind the same addresses: this one accepts, each connection is served by the worker that has the
 * fewest, and what dies is started again.
 *
 * @module
 */

import { Throttle } from "../../../lib/time/throttle.ts";
import type { ServerEvent } from "../../../lib/server/server_events.ts";
import type { ConfigSnapshot } from "../../config/snapshot.ts";
import { log, logEvent } from "../../log/log.ts";
import type { Readiness } from "../../observe/health.ts";
import type { MonitoredService, WorkerCounts } from "../../observe/monitored_service.ts";
import type { ProcessReport } from "../../observe/process_report.ts";
import type { AcceptedConnection } from "./worker_connections.ts";
import { PoolListeners, type WantedListener } from "./pool_listeners.ts";
import { WorkerSlot } from "./worker_slot.ts";
import { drop, WaitingConnections } from "./waiting_connections.ts";
import { type WorkerEnd, WorkerProcess } from "./worker_process.ts";
import { logRuntimeWarnings, logWorker } from "./worker_log.ts";
import { howItEnded, type StartLimits, WorkerStart } from "./worker_start.ts";

/** How long workers have for an abort before they are killed, in milliseconds. */
const ABORT_LIMIT = 1200;
/** How long no worker may take a connection while some wait before no more should come, in milliseconds. */
const STANDS_STILL = 5000;
/** How long workers that are to replace others may take to start, in milliseconds. */
const REPLACE_LIMIT = 30_000;

/** What a pool is to be. */
export interface PoolSetup {
  /** How many workers. */
  readonly count: number;
  /** Where the MTA finds them. */
  readonly listeners: readonly WantedListener[];
  /** How long a worker may take to answer before it is killed, in milliseconds. */
  readonly workerTimeout: number;
  /** The name of the service, the same in all its workers. */
  readonly service: string;
  /** What they are to take for the configuration's text. */
  readonly snapshot?: ConfigSnapshot | undefined;
}

/** Who wants to know what workers count. */
export interface PoolObserver {
  /** A worker told what came to pass; `worker` tells it from others of its number. */
  reported(number: number, worker: unknown, report: ProcessReport): void;
  /** It has ended. */
  ended(worker: unknown): void;
  /** Something happened before a worker was given the connection. */
  record(event: ServerEvent): void;
}

/** Workers behind addresses; stopped and aborted as a server is. */
export class WorkerPool implements MonitoredService {
  /** Settled when it has stopped and all workers have ended. */
  readonly finished: Promise<void>;
  readonly #slots: WorkerSlot[] = [];
  /** Those that were replaced and still have connections. */
  readonly #leaving = new Set<WorkerProcess>();
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
  #setup: PoolSetup;
  readonly #observer: PoolObserver | undefined;
  readonly #notices = new Throttle();
  /** How often a worker was started in place of one that died, and how many connections were lost with those. */
  #restarts = 0;
  #lost = 0;
  /** While `stopping`, what was taken already is still handed to workers. */
  #state: "starting" | "running" | "stopping" | "ending" = "starting";
  #resolve!: () => void;

  private constructor(setup: PoolSetup, observer: PoolObserver | undefined) {
    this.#setup = setup;
    this.#observer = observer;
    this.finished = new Promise((resolve) => this.#resolve = resolve);
  }

  /**
   * Listens and starts the workers.
   *
   * @param setup how many workers, and where the MTA finds them
   * @param observer told of what workers count
   * @throws {AddressError} for an address that cannot be listened on
   * @throws {WorkerStartError} where the workers do not come up
   */
  static async start(setup: PoolSetup, observer?: PoolObserver): Promise<WorkerPool> {
    const pool = new WorkerPool(setup, observer);
    logRuntimeWarnings();
    try {
      await pool.#listeners.add(setup.listeners);
      pool.#install(await pool.#startWorkers(setup, {}));
      await pool.#listeners.addInherited(setup.listeners);
    } catch (error) {
      pool.#state = "ending";
      for (const worker of pool.#workers()) worker.kill();
      await pool.#listeners.close();
      throw error;
    }
    pool.#state = "running";
    await pool.#listeners.settle(setup.listeners);
    return pool;
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#workers().reduce((count, worker) => count + worker.held, 0);
  }

  /** Whether there is a worker that takes connections. */
  get readiness(): Readiness {
    if (this.#state !== "running") return this.#ending ? "stopping" : "starting";
    if (this.#waiting.standstill >= STANDS_STILL) return "stuck";
    return this.#current().some(({ ready }) => ready) ? "ready" : "no worker";
  }

  /**
   * Whether workers take connections, or can still get to it without a restart: those that hang are killed and replaced
   * within twice the time in which they have to answer.
   */
  get alive(): boolean {
    return this.#waiting.standstill < 2 * this.#setup.workerTimeout;
  }

  /** How its workers are. */
  get workers(): WorkerCounts {
    return {
      wanted: this.#setup.count,
      ready: this.#current().filter(({ ready }) => ready).length,
      leaving: this.#leaving.size,
      restarts: this.#restarts,
      lost: this.#lost,
      waiting: this.#waiting.length,
      turnedAway: this.#waiting.turnedAway,
      acceptFailures: this.#listeners.failures,
    };
  }

  /** Has all workers tell what they counted; done once they have, or after so many milliseconds. */
  async collect(milliseconds: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout>;
    const limit = new Promise<void>((resolve) => timer = setTimeout(resolve, milliseconds));
    await Promise.race([Promise.all(this.#workers().map((worker) => worker.report())), limit]);
    clearTimeout(timer!);
  }

  /**
   * Starts workers in place of those that there are, which know what files said when they were started. New connections
   * go to the new ones once all of them are ready; each of the old ones ends when its connections have, in their own
   * time. Where one does not come up, or an address cannot be listened on, all stays as it was.
   *
   * @param signal ends the attempt
   * @param setup how many workers, and where the MTA finds them; as before, where undefined
   * @returns how many connections the old ones have; undefined where the pool has come to its end meanwhile
   * @throws {AddressError} for an address that cannot be listened on
   * @throws {WorkerStartError}
   */
  async replace(signal?: AbortSignal, setup: PoolSetup = this.#setup): Promise<number | undefined> {
    if (this.#ending) return undefined;
    if (this.#state !== "running" || this.#start) throw new Error("the pool is starting");
    let workers: readonly WorkerProcess[] = [];
    try {
      await this.#listeners.add(setup.listeners);
      if (this.#ending) throw new Error("the pool is ending");
      workers = await this.#startWorkers(setup, { milliseconds: REPLACE_LIMIT, signal });
      await this.#listeners.addInherited(setup.listeners);
    } catch (error) {
      for (const worker of workers) worker.kill();
      await this.#listeners.withdraw();
      if (this.#ending) return undefined;
      throw error;
    }
    if (this.#ending) {
      for (const worker of workers) worker.kill();
      await this.#listeners.withdraw();
      return undefined;
    }
    this.#setup = setup;
    const connections = this.#retire();
    this.#install(workers);
    this.#waiting.hand();
    await this.#listeners.settle(setup.listeners);
    return connections;
  }

  /** Takes no new connections; the workers end when theirs have, see `Server.stop`. */
  async stop(timeout: number): Promise<void> {
    this.#takeNoMore("stopping");
    await this.#waiting.handed();
    this.#end((worker) => worker.tell({ type: "stop", timeout }));
    await this.finished;
  }

  /** Takes no new connections and ends the open ones, see `Server.abort`. */
  async abort(): Promise<void> {
    setTimeout(() => {
      for (const worker of this.#workers()) worker.kill();
    }, ABORT_LIMIT).unref();
    this.#takeNoMore("aborting");
    this.#end((worker) => worker.tell({ type: "abort" }));
    await this.finished;
  }

  /**
   * Kills workers that have not answered for too long, such as one in which a filter computes without an end: their other
   * connections would wait as long. Asks the others.
   *
   * @param limit how long they may take to answer, in milliseconds
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

  /** Those that new connections go to. */
  #current(): WorkerProcess[] {
    return this.#slots.map(({ worker }) => worker);
  }

  /** All that have not ended. */
  #workers(): WorkerProcess[] {
    return [...this.#current(), ...this.#leaving, ...this.#start?.workers ?? []].filter((worker) =>
      !worker.over
    );
  }

  #install(workers: readonly WorkerProcess[]): void {
    this.#slots.push(...workers.map((worker) => new WorkerSlot(worker)));
  }

  /** Has all end that new connections went to; gives how many connections they have. */
  #retire(): number {
    let connections = 0;
    for (const slot of this.#slots.splice(0)) {
      slot.cancelRestart();
      const { worker } = slot;
      if (worker.over) continue;
      connections += worker.held;
      this.#leaving.add(worker);
      this.#letGo(worker);
    }
    return connections;
  }

  /** Those of a new start, once all are ready. Where one is not, none is left. */
  async #startWorkers(setup: PoolSetup, limits: StartLimits): Promise<readonly WorkerProcess[]> {
    this.#start = new WorkerStart(Array.from({ length: setup.count }, (_, i) => this.#spawn(i + 1, setup)));
    try {
      return await this.#start.finish(limits);
    } finally {
      this.#start = undefined;
    }
  }

  #spawn(number: number, { service, snapshot }: PoolSetup): WorkerProcess {
    const worker: WorkerProcess = new WorkerProcess({ number, service, snapshot }, {
      ready: () => this.#ready(worker),
      took: () => this.#waiting.moved(),
      missed: (offer) => this.#missed(worker, offer),
      closed: () => this.#closed(worker),
      broken: () => this.#broken(worker),
      cutOff: () => this.#cutOff(worker),
      reported: (report) => this.#observer?.reported(number, worker, report),
      ended: (end) => this.#ended(worker, end),
    });
    return worker;
  }

  #ready(worker: WorkerProcess): void {
    logWorker("info", "worker-ready", worker, "is ready");
    this.#start?.ready();
    this.#waiting.hand();
  }

  /** One of its connections is over, or is not its own: there is room. */
  #closed(worker: WorkerProcess): void {
    this.#letGo(worker);
    this.#waiting.hand();
  }

  #missed(worker: WorkerProcess, offer: AcceptedConnection): void {
    if (offer.socket.destroyed || this.#state === "ending") drop(offer);
    else this.#takeBack(worker, offer);
    this.#closed(worker);
  }

  /** Its client is still there, and goes to another worker, or to this one once there is room. */
  #takeBack(worker: WorkerProcess, offer: AcceptedConnection): void {
    const before = this.#notices.due(`missed ${worker.number}`, performance.now());
    if (before !== undefined) {
      const again = before === 0 ? "" : `, nor ${before} before`;
      const why = "it is too busy, or the limit of open descriptors (ulimit -n) too low";
      logWorker(
        "warning",
        "worker-missed",
        worker,
        `could not take a connection${again}, which waits: ${why}`,
      );
    }
    this.#waiting.takeBack(offer);
  }

  #broken(worker: WorkerProcess): void {
    logWorker("error", "worker-broken", worker, "has no connections, can take none and is killed");
    worker.kill();
  }

  /** It ends with the connections that it has, and another one takes its place. */
  #cutOff(worker: WorkerProcess): void {
    const slot = this.#slots.find((each) => each.worker === worker);
    if (this.#ending || !slot) return;
    this.#leaving.add(worker);
    const next = this.#restart(slot);
    const what = `can be handed no more connections, and ends with its ${worker.held}; ${next}`;
    logWorker("error", "worker-cut-off", worker, what);
    this.#closed(worker);
  }

  /** Has one that was replaced end, once it has no connections. */
  #letGo(worker: WorkerProcess): void {
    if (this.#leaving.has(worker) && worker.held === 0) worker.tell({ type: "stop", timeout: 0 });
  }

  #ended(worker: WorkerProcess, end: WorkerEnd): void {
    this.#lost += end.lost;
    this.#observer?.ended(worker);
    if (end.offer) this.#waiting.takeBack(end.offer);
    this.#start?.ended(worker, end);
    if (this.#ending) {
      if (this.#state === "stopping" && this.#workers().length > 0) this.#waiting.hand();
      else this.#waiting.drop();
      return this.#finishIfAllEnded();
    }
    const slot = this.#slots.find((each) => each.worker === worker);
    const leaving = this.#leaving.delete(worker);
    // One that was cut off leaves while its slot may still wait for the next.
    const next = leaving
      ? end.code === 0 ? undefined : "it was replaced already"
      : slot && this.#restart(slot);
    if (next !== undefined) {
      const { code, signal, lost } = end;
      const what = `${howItEnded(end)}, ${lost} connections with it; ${next}`;
      logWorker("error", "worker-ended", worker, what, { code, signal });
    }
    this.#waiting.hand();
  }

  /** Starts another one, now or later; says when. */
  #restart(slot: WorkerSlot): string {
    return slot.restart(() => {
      this.#restarts++;
      return this.#spawn(slot.number, this.#setup);
    });
  }

  // ---- the end

  get #ending(): boolean {
    return this.#state === "stopping" || this.#state === "ending";
  }

  /** Whether connections are handed to workers. */
  get #serving(): boolean {
    return this.#state === "running" || this.#state === "stopping";
  }

  #takeNoMore(type: "stopping" | "aborting"): void {
    const connections = this.connections;
    log("info", `${type}: ${connections} connections`, { type, connections });
    if (this.#ending) return;
    this.#state = "stopping";
    void this.#listeners.close();
    for (const slot of this.#slots) slot.cancelRestart();
  }

  #end(tell: (worker: WorkerProcess) => void): void {
    this.#state = "ending";
    this.#waiting.drop();
    for (const worker of this.#workers()) tell(worker);
    this.#finishIfAllEnded();
  }

  #finishIfAllEnded(): void {
    if (this.#workers().length === 0) this.#resolve();
  }
}

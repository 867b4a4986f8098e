/**
 * Several processes behind the same addresses: this one accepts, each connection is served by the worker that has the
 * fewest, and what dies is started again.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import type { ServerEvent } from "../../lib/server_events.ts";
import { UsageError } from "../arguments.ts";
import { type ConfigSnapshot, snapshotVariables } from "../config/snapshot.ts";
import { log, logEvent } from "../log.ts";
import type { Readiness } from "../observe/health.ts";
import type { Observed, WorkerCounts } from "../observe/observed.ts";
import type { ProcessReport } from "../observe/process_report.ts";
import { serviceVariables } from "../service_name.ts";
import { PoolListeners, type WantedListener } from "./pool_listeners.ts";
import { drop, WaitingConnections } from "./waiting_connections.ts";
import { type WorkerEnd, WorkerProcess } from "./worker_process.ts";
import { howItEnded, type StartLimits, WorkerStart } from "./worker_start.ts";

/** A worker that lived for so long is started again at once, in milliseconds. */
const LIVED_WELL = 10_000;
/** Longest wait before a worker is started again, in milliseconds. */
const LONGEST_WAIT = 30_000;
/** How long workers have for an abort before they are killed, in milliseconds. */
const ABORT_LIMIT = 1200;
/** How long workers that are to replace others may take to start, in milliseconds. */
const REPLACE_LIMIT = 30_000;

/**
 * The number of workers asked for.
 *
 * @param text a number from 1 to 256, or `auto`: one for each core that there is for this process
 * @returns undefined where it is neither
 */
export function workerCount(text: string): number | undefined {
  if (text === "auto") return availableParallelism();
  const count = Number(text);
  return /^[1-9]\d{0,2}$/.test(text) && count >= 1 && count <= 256 ? count : undefined;
}

/**
 * The same, for who cannot go on without.
 *
 * @throws {UsageError} saying what would be right
 */
export function workersOf(text: string): number {
  const count = workerCount(text);
  if (count !== undefined) return count;
  const wrong = `Invalid --workers ${JSON.stringify(text)}`;
  throw new UsageError(`milterkit serve: ${wrong}: want a number from 1 to 256, or auto`);
}

/** What a pool is to be. */
export interface PoolSetup {
  /** How many workers. */
  readonly count: number;
  /** Where the MTA finds them. */
  readonly listeners: readonly WantedListener[];
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

/** What there is in the place of one worker. */
interface Seat {
  readonly number: number;
  worker: WorkerProcess;
  startedAt: number;
  /** How often it has died soon after its start, in a row. */
  earlyDeaths: number;
  restart: ReturnType<typeof setTimeout> | undefined;
}

/** Workers behind addresses; stopped and aborted as a server is. */
export class WorkerPool implements Observed {
  /** Settled when it has stopped and all workers have ended. */
  readonly finished: Promise<void>;
  readonly #seats: Seat[] = [];
  /** Those that were replaced and still have connections. */
  readonly #leaving = new Set<WorkerProcess>();
  #start: WorkerStart | undefined;
  readonly #waiting = new WaitingConnections(() => this.#serving ? this.#seated() : []);
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
    try {
      await pool.#listeners.add(setup.listeners);
      pool.#seat(await pool.#startWorkers(setup, {}));
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
    return this.#seated().some(({ ready }) => ready) ? "ready" : "no worker";
  }

  /** How its workers are. */
  get workers(): WorkerCounts {
    return {
      wanted: this.#setup.count,
      ready: this.#seated().filter(({ ready }) => ready).length,
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
    const connections = this.#unseat();
    this.#seat(workers);
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
      const { number, pid } = worker;
      log("error", `worker ${number} (process ${pid}) has not answered for ${limit / 1000} s and is killed`, {
        type: "worker-silent",
        worker: number,
        process: pid,
      });
      worker.kill();
    }
  }

  // ---- workers

  /** Those that new connections go to. */
  #seated(): WorkerProcess[] {
    return this.#seats.map(({ worker }) => worker);
  }

  /** All that have not ended. */
  #workers(): WorkerProcess[] {
    return [...this.#seated(), ...this.#leaving, ...this.#start?.workers ?? []].filter((worker) =>
      !worker.over
    );
  }

  #seat(workers: readonly WorkerProcess[]): void {
    for (const worker of workers) {
      const { number } = worker;
      this.#seats.push({ number, worker, startedAt: performance.now(), earlyDeaths: 0, restart: undefined });
    }
  }

  /** Has all end that new connections went to; gives how many connections they have. */
  #unseat(): number {
    let connections = 0;
    for (const { worker, restart } of this.#seats.splice(0)) {
      clearTimeout(restart);
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

  #spawn(number: number, { snapshot }: PoolSetup): WorkerProcess {
    const variables = { ...snapshotVariables(snapshot), ...serviceVariables() };
    const worker: WorkerProcess = new WorkerProcess(number, variables, {
      ready: () => this.#ready(worker),
      free: () => {
        this.#letGo(worker);
        this.#waiting.hand();
      },
      reported: (report) => this.#observer?.reported(number, worker, report),
      ended: (end) => this.#ended(worker, end),
    });
    return worker;
  }

  #ready(worker: WorkerProcess): void {
    log("info", `worker ${worker.number} (process ${worker.pid}) is ready`, {
      type: "worker-ready",
      worker: worker.number,
      process: worker.pid,
    });
    this.#start?.ready();
    this.#waiting.hand();
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
    const seat = this.#seats.find((each) => each.worker === worker);
    const leaving = this.#leaving.delete(worker);
    const next = seat
      ? this.#refill(seat)
      : leaving && end.code !== 0
      ? "it was replaced already"
      : undefined;
    if (next !== undefined) {
      log(
        "error",
        `worker ${worker.number} (process ${worker.pid ?? "none"}) ${howItEnded(end)}, ` +
          `${end.lost} connections with it; ${next}`,
        {
          type: "worker-ended",
          worker: worker.number,
          process: worker.pid,
          code: end.code,
          signal: end.signal,
        },
      );
    }
    this.#waiting.hand();
  }

  /** Starts another one, now or later; says when. */
  #refill(seat: Seat): string {
    const wait = this.#waitBeforeRestart(seat);
    seat.restart = setTimeout(() => {
      seat.startedAt = performance.now();
      seat.restart = undefined;
      this.#restarts++;
      seat.worker = this.#spawn(seat.number, this.#setup);
    }, wait);
    return wait === 0 ? "starting another one" : `starting another one in ${wait / 1000} s`;
  }

  #waitBeforeRestart(seat: Seat): number {
    if (performance.now() - seat.startedAt > LIVED_WELL) seat.earlyDeaths = 0;
    else seat.earlyDeaths++;
    return seat.earlyDeaths <= 1 ? 0 : Math.min(1000 * 2 ** (seat.earlyDeaths - 2), LONGEST_WAIT);
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
    for (const { restart } of this.#seats) clearTimeout(restart);
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

/**
 * Several processes behind the same addresses: this one accepts, each connection is served by the worker that has the
 * fewest, and what dies is started again.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import { type Address, formatAddress } from "../../lib/net/address.ts";
import { listenForOthers } from "../../lib/net/listen.ts";
import type { Listener } from "../../lib/net/transport.ts";
import type { UnixSocketOptions } from "../../lib/net/unix_socket.ts";
import { log } from "../log.ts";
import { type Offer, type WorkerEnd, WorkerProcess } from "./worker_process.ts";

/** Connections that may wait for a worker; more are closed, and the MTA does what it does without a filter. */
const MAX_WAITING = 1024;
/** How often stuck workers are looked at while connections wait, in milliseconds. */
const LOOK_AGAIN = 100;
/** A worker that lived for so long is started again at once, in milliseconds. */
const LIVED_WELL = 10_000;
/** Longest wait before a worker is started again, in milliseconds. */
const LONGEST_WAIT = 30_000;
/** How long workers have for an abort before they are killed, in milliseconds. */
const ABORT_LIMIT = 1200;

/** A worker could not be started, which would be so again. */
export class WorkerStartError extends Error {
  override readonly name = "WorkerStartError";
  /** Always `worker-start`. */
  readonly code = "worker-start";
  /** How it ended. */
  readonly value: WorkerEnd;

  /** @param end how it ended */
  constructor(end: WorkerEnd) {
    super(`Cannot start a worker: it ${howItEnded(end)} before it could serve`);
    this.value = end;
  }
}

/**
 * The number of workers asked for.
 *
 * @param text a number from 1 to 256, or `auto`: one for each core that there is for this process
 * @returns undefined where it is neither
 */
export function workerCount(text: string): number | undefined {
  if (text === "auto") return availableParallelism();
  const count = Number(text);
  return /^\d{1,3}$/.test(text) && count >= 1 && count <= 256 ? count : undefined;
}

/** What there is in the place of one worker. */
interface Seat {
  readonly number: number;
  worker: WorkerProcess | undefined;
  startedAt: number;
  /** How often it has died soon after its start, in a row. */
  earlyDeaths: number;
  restart: ReturnType<typeof setTimeout> | undefined;
}

/** Workers behind addresses; stopped and aborted as a server is. */
export class WorkerPool {
  /** Settled when it has stopped and all workers have ended. */
  readonly finished: Promise<void>;
  readonly #seats: Seat[] = [];
  readonly #listeners: Listener[] = [];
  readonly #waiting: Offer[] = [];
  #state: "starting" | "running" | "ending" = "starting";
  #overflow = false;
  #lookAgain: ReturnType<typeof setTimeout> | undefined;
  #resolve!: () => void;
  #started!: () => void;
  #failed!: (error: Error) => void;

  private constructor() {
    this.finished = new Promise((resolve) => this.#resolve = resolve);
  }

  /**
   * Listens and starts the workers.
   *
   * @param count how many
   * @param addresses where the MTA finds them
   * @param options for unix sockets: who may connect
   * @throws {AddressError} for an address that cannot be listened on
   * @throws {WorkerStartError} where the workers do not come up
   */
  static async start(
    count: number,
    addresses: readonly Address[],
    options: UnixSocketOptions,
  ): Promise<WorkerPool> {
    const pool = new WorkerPool();
    try {
      for (const address of addresses) await pool.#listen(address, options);
      await pool.#startWorkers(count);
    } catch (error) {
      await pool.#closeListeners();
      for (const { worker } of pool.#seats) worker?.kill();
      throw error;
    }
    return pool;
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#seats.reduce((count, { worker }) => count + (worker && !worker.over ? worker.held : 0), 0);
  }

  /** Takes no new connections; the workers end when theirs have, see `Server.stop`. */
  stop(timeout: number): Promise<void> {
    return this.#end("stopping", (worker) => worker.tell({ type: "stop", timeout }));
  }

  /** Takes no new connections and ends the open ones, see `Server.abort`. */
  abort(): Promise<void> {
    setTimeout(() => {
      for (const { worker } of this.#seats) worker?.kill();
    }, ABORT_LIMIT).unref();
    return this.#end("aborting", (worker) => worker.tell({ type: "abort" }));
  }

  async #listen(address: Address, options: UnixSocketOptions): Promise<void> {
    const name = formatAddress(address);
    const listener = await listenForOthers(
      address,
      (socket) => {
        // It may end while it waits.
        socket.on("error", () => {});
        // An inherited socket may be of either kind, and only a peer's address tells which.
        const overTcp = address.kind !== "unix" && socket.remoteAddress !== undefined;
        this.#take({ socket, overTcp });
      },
      (error) => log("error", `cannot take a connection on ${name}: ${error.message}`),
      options,
    );
    this.#listeners.push(listener);
    const here = formatAddress(listener.address);
    log("info", `listening on ${here}`, { type: "listening", address: here });
  }

  // ---- workers

  async #startWorkers(count: number): Promise<void> {
    const started = new Promise<void>((resolve, reject) => [this.#started, this.#failed] = [resolve, reject]);
    for (let number = 1; number <= count; number++) {
      const seat: Seat = { number, worker: undefined, startedAt: 0, earlyDeaths: 0, restart: undefined };
      this.#seats.push(seat);
      this.#occupy(seat);
    }
    await started;
  }

  #occupy(seat: Seat): void {
    seat.startedAt = performance.now();
    seat.restart = undefined;
    const worker: WorkerProcess = new WorkerProcess(seat.number, {
      ready: () => this.#ready(worker),
      free: () => this.#hand(),
      ended: (end) => this.#ended(seat, worker, end),
    });
    seat.worker = worker;
  }

  #ready(worker: WorkerProcess): void {
    log("info", `worker ${worker.number} (process ${worker.pid}) is ready`, {
      type: "worker-ready",
      worker: worker.number,
      process: worker.pid,
    });
    if (this.#state === "starting" && this.#seats.every(({ worker }) => worker?.ready)) {
      this.#state = "running";
      this.#started();
    }
    this.#hand();
  }

  #ended(seat: Seat, worker: WorkerProcess, end: WorkerEnd): void {
    if (end.offer) this.#waiting.unshift(end.offer);
    if (this.#state === "starting") return this.#failed(new WorkerStartError(end));
    if (this.#state === "ending") {
      this.#dropWaiting();
      return this.#finishIfAllEnded();
    }
    const wait = this.#waitBeforeRestart(seat);
    log(
      "error",
      `worker ${seat.number} (process ${worker.pid ?? "none"}) ${howItEnded(end)}, ` +
        `${end.lost} connections with it; ` +
        (wait === 0 ? "starting another one" : `starting another one in ${wait / 1000} s`),
      { type: "worker-ended", worker: seat.number, process: worker.pid, code: end.code, signal: end.signal },
    );
    seat.restart = setTimeout(() => this.#occupy(seat), wait);
    this.#hand();
  }

  #waitBeforeRestart(seat: Seat): number {
    if (performance.now() - seat.startedAt > LIVED_WELL) seat.earlyDeaths = 0;
    else seat.earlyDeaths++;
    return seat.earlyDeaths <= 1 ? 0 : Math.min(1000 * 2 ** (seat.earlyDeaths - 2), LONGEST_WAIT);
  }

  // ---- connections

  #take(offer: Offer): void {
    if (this.#state === "ending") return void offer.socket.destroy();
    if (this.#waiting.length >= MAX_WAITING) {
      if (!this.#overflow) {
        log("error", `no worker takes connections: ${MAX_WAITING} wait, those that come now are closed`);
      }
      this.#overflow = true;
      offer.socket.destroy();
      return;
    }
    this.#waiting.push(offer);
    this.#hand();
  }

  /**
   * Hands over what waits. Strictly to the worker that has the fewest, so that none gets more than its share: where
   * that one has yet to take an earlier connection, it is waited for, unless it is stuck. Nothing is handed out before
   * all are ready: the first to be would get all that came meanwhile, as when an MTA comes back after a restart.
   */
  #hand(): void {
    while (this.#waiting.length > 0 && this.#state === "running") {
      const worker = this.#leastLoaded();
      if (!worker || worker.offered) {
        this.#lookAgain ??= setTimeout(() => {
          this.#lookAgain = undefined;
          this.#hand();
        }, LOOK_AGAIN);
        return;
      }
      const offer = this.#waiting.shift()!;
      if (!offer.socket.destroyed) worker.give(offer);
    }
    this.#overflow = false;
  }

  #leastLoaded(): WorkerProcess | undefined {
    const now = performance.now();
    let least: WorkerProcess | undefined;
    for (const { worker } of this.#seats) {
      if (!worker?.ready || worker.stuck(now)) continue;
      const fewer = !least || worker.held < least.held;
      if (fewer || (worker.held === least!.held && least!.offered && !worker.offered)) least = worker;
    }
    return least;
  }

  // ---- the end

  #end(type: "stopping" | "aborting", tell: (worker: WorkerProcess) => void): Promise<void> {
    const connections = this.connections;
    log("info", `${type}: ${connections} connections`, { type, connections });
    if (this.#state !== "ending") this.#closeListeners();
    this.#state = "ending";
    this.#dropWaiting();
    for (const { worker, restart } of this.#seats) {
      clearTimeout(restart);
      if (worker && !worker.over) tell(worker);
    }
    this.#finishIfAllEnded();
    return this.finished;
  }

  #dropWaiting(): void {
    clearTimeout(this.#lookAgain);
    for (const { socket } of this.#waiting.splice(0)) socket.destroy();
  }

  #finishIfAllEnded(): void {
    if (this.#seats.every(({ worker }) => worker?.over)) this.#resolve();
  }

  async #closeListeners(): Promise<void> {
    await Promise.allSettled(this.#listeners.splice(0).map(async (listener) => await listener.close()));
  }
}

function howItEnded({ code, signal, error }: WorkerEnd): string {
  if (error) return `did not start (${error.message})`;
  return signal === null ? `ended with exit code ${code}` : `ended by ${signal}`;
}

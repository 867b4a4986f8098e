/**
 * Connections that wait until a worker takes them.
 *
 * @module
 */

import { connectionsByDescriptors } from "../../lib/net/descriptors.ts";
import { log } from "../log.ts";
import type { Offer, WorkerProcess } from "./worker_process.ts";

/**
 * Connections that may wait for a worker; more are closed, and the MTA does what it does without a filter. Each has a
 * descriptor, and to hand one over takes another.
 */
const MAX_WAITING = Math.min(1024, connectionsByDescriptors());
/** How long connections that wait may take to be handed over at the end, in milliseconds. */
const LAST_HANDOVER = 2000;
/** How often stuck workers are looked at while connections wait, in milliseconds. */
const LOOK_AGAIN = 100;

/** Connections in the order in which they came. */
export class WaitingConnections {
  readonly #workers: () => readonly WorkerProcess[];
  readonly #waiting: Offer[] = [];
  /** How many were closed since too many waited. */
  turnedAway = 0;
  #overflow = false;
  #lookAgain: ReturnType<typeof setTimeout> | undefined;
  #allHanded: (() => void) | undefined;

  /** @param workers those that may be given connections now; none while not all are ready */
  constructor(workers: () => readonly WorkerProcess[]) {
    this.#workers = workers;
  }

  /** One more. */
  take(offer: Offer): void {
    if (this.#waiting.length >= MAX_WAITING) {
      if (!this.#overflow) {
        log("error", `no worker takes connections: ${MAX_WAITING} wait, those that come now are closed`);
      }
      this.#overflow = true;
      this.turnedAway++;
      drop(offer);
      return;
    }
    this.#waiting.push(offer);
    this.hand();
  }

  /** How many wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Takes back one that a worker was given and did not take; it is the next. */
  takeBack(offer: Offer): void {
    this.#waiting.unshift(offer);
  }

  /**
   * Hands over what waits. Strictly to the worker that has the fewest, so that none gets more than its share: where
   * that one has yet to take an earlier connection, it is waited for, unless it is stuck. Nothing is handed out before
   * all are ready: the first to be would get all that came meanwhile, as when an MTA comes back after a restart.
   */
  hand(): void {
    while (this.#waiting.length > 0) {
      const worker = leastLoaded(this.#workers());
      if (!worker || worker.offered) {
        this.#lookAgain ??= setTimeout(() => {
          this.#lookAgain = undefined;
          this.hand();
        }, LOOK_AGAIN);
        return;
      }
      const offer = this.#waiting.shift()!;
      if (offer.socket.destroyed) offer.release();
      else worker.give(offer);
    }
    this.#overflow = false;
    this.#allHanded?.();
  }

  /**
   * Settled once none waits. What was taken from a listening socket is nobody else's, and must be served also by who is
   * about to stop; where no worker takes it for a while, it is closed.
   */
  async handed(): Promise<void> {
    if (this.#waiting.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#allHanded = resolve;
      setTimeout(() => this.drop(), LAST_HANDOVER).unref();
    });
  }

  /** Closes all that wait. */
  drop(): void {
    clearTimeout(this.#lookAgain);
    this.#allHanded?.();
    for (const offer of this.#waiting.splice(0)) drop(offer);
  }
}

/** Closes one that no worker has. */
export function drop({ socket, release }: Offer): void {
  socket.destroy();
  release();
}

function leastLoaded(workers: readonly WorkerProcess[]): WorkerProcess | undefined {
  const now = performance.now();
  let least: WorkerProcess | undefined;
  for (const worker of workers) {
    if (!worker.ready || worker.stuck(now)) continue;
    const fewer = !least || worker.held < least.held;
    if (fewer || (worker.held === least!.held && least!.offered && !worker.offered)) least = worker;
  }
  return least;
}

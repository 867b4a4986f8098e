/**
 * The queue of connections that wait for a worker.
 *
 * @module
 */

import { connectionsByDescriptors } from "../../../lib/net/descriptors.ts";
import { Throttle } from "../../../lib/time/throttle.ts";
import { log } from "../../log/log.ts";
import type { AcceptedConnection } from "./worker_connections.ts";

/**
 * The most connections that may wait; further ones are closed, and the MTA acts as without a filter. Each one has a
 * descriptor, and handing it over takes another.
 */
const MAX_WAITING = Math.min(1024, connectionsByDescriptors());
/** How long a connection may wait, in milliseconds: as long as Postfix does (milter_connect_timeout); Sendmail waits less. */
export const LONGEST_WAIT = 30_000;
/** How long waiting connections may take to be handed over during a stop, in milliseconds. */
const LAST_HANDOVER = 2000;
/** The interval between checks of hand-overs and waiting connections, in milliseconds. */
const LOOK_AGAIN = 100;

/** A receiver of connections: a worker. */
export interface Taker {
  /** The number of its connections, including one that it has not yet answered to. */
  readonly held: number;
  /** Whether it has not yet answered to a connection. */
  readonly offered: boolean;
  /** Whether connections must go to others for now. */
  unavailable(now: number): boolean;
  /** Hands it a connection. */
  give(offer: AcceptedConnection, now: number): void;
  /** Checks the connection that it has not yet answered to. */
  look(now: number): void;
}

/** A queue of connections, in the order of their arrival. */
export class WaitingConnections {
  readonly #takers: () => readonly Taker[];
  readonly #all: () => readonly Taker[];
  readonly #clock: () => number;
  readonly #notices = new Throttle();
  #waiting: AcceptedConnection[] = [];
  /** How many were closed because too many waited, or because they waited too long. */
  turnedAway = 0;
  #overflow = false;
  #lookAgain: ReturnType<typeof setTimeout> | undefined;
  #allHanded: (() => void) | undefined;
  /** Since when connections have waited without any being taken. */
  #standsSince: number | undefined;

  /**
   * @param takers returns the workers for new connections; none until all are ready
   * @param all returns those, and workers that get no new connections
   * @param clock returns the time, in milliseconds
   */
  constructor(
    takers: () => readonly Taker[],
    all: () => readonly Taker[],
    clock: () => number = () => performance.now(),
  ) {
    this.#takers = takers;
    this.#all = all;
    this.#clock = clock;
  }

  /** Adds a connection. */
  take(offer: AcceptedConnection): void {
    if (this.#waiting.length >= MAX_WAITING) {
      if (!this.#overflow) {
        log("error", `no worker takes connections: ${MAX_WAITING} wait, further ones are closed`);
      }
      this.#overflow = true;
      this.turnedAway++;
      drop(offer);
      return;
    }
    this.#waiting.push(offer);
    this.hand();
  }

  /** The number of waiting connections. */
  get length(): number {
    return this.#waiting.length;
  }

  /** How long connections have waited without any worker taking one, in milliseconds; 0 if all is well. */
  get standstill(): number {
    if (this.#standsSince === undefined) return 0;
    const now = this.#clock();
    // If all waiting connections have gone, only the next one can show whether workers take any.
    const couldTake = this.#waiting.length === 0 && this.#takers().some((each) => !each.unavailable(now));
    if (couldTake) this.#standsSince = undefined;
    return couldTake ? 0 : now - this.#standsSince!;
  }

  /** Puts back a connection that a worker did not take, at the front. */
  takeBack(offer: AcceptedConnection): void {
    this.#waiting.unshift(offer);
  }

  /** Notes that a worker took a connection, and hands over the next. */
  moved(): void {
    this.#standsSince = undefined;
    this.hand();
  }

  /**
   * Hands waiting connections strictly to the worker with the fewest, so that none gets more than its share. If that one
   * has not answered to an earlier connection, waits for it, unless it is stuck or has no room. Hands out nothing before
   * all workers are ready: the first one would get everything that arrived meanwhile, for example when an MTA reconnects
   * after a restart.
   */
  hand(): void {
    const now = this.#clock();
    while (this.#waiting.length > 0) {
      const taker = leastLoaded(this.#takers(), now);
      if (!taker || taker.offered) break;
      const offer = this.#waiting.shift()!;
      if (offer.socket.destroyed) offer.release();
      else taker.give(offer, now);
    }
    if (this.#waiting.length === 0) this.#overflow = false;
    else this.#standsSince ??= now;
    this.#lookAgain ??= setTimeout(() => {
      this.#lookAgain = undefined;
      this.look();
    }, LOOK_AGAIN);
    this.#tellIfHanded();
  }

  /** Checks hand-overs and waiting connections. */
  look(): void {
    const now = this.#clock();
    for (const taker of this.#all()) taker.look(now);
    this.#closeOverdue(now);
    if (this.#waiting.length > 0 || this.#isUnanswered()) this.hand();
    else this.#tellIfHanded();
  }

  /**
   * Settles once no connection waits or is being handed over. A connection that was accepted must be served even during a
   * stop, since no other process can get it; if no worker takes it for a while, it is closed.
   */
  async handed(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#allHanded = resolve;
      setTimeout(() => this.drop(), LAST_HANDOVER).unref();
      this.#tellIfHanded();
    });
  }

  /** Closes all waiting connections. */
  drop(): void {
    clearTimeout(this.#lookAgain);
    this.#lookAgain = undefined;
    this.#allHanded?.();
    for (const offer of this.#waiting.splice(0)) drop(offer);
  }

  #tellIfHanded(): void {
    if (this.#allHanded && this.#waiting.length === 0 && !this.#isUnanswered()) this.#allHanded();
  }

  #isUnanswered(): boolean {
    return this.#all().some(({ offered }) => offered);
  }

  /** Closes connections that have waited too long, and removes those that have ended. */
  #closeOverdue(now: number): void {
    const isOver = (offer: AcceptedConnection) => offer.socket.destroyed || now - offer.since >= LONGEST_WAIT;
    if (!this.#waiting.some(isOver)) return;
    const over = this.#waiting.filter(isOver);
    this.#waiting = this.#waiting.filter((offer) => !isOver(offer));
    const overdue = over.filter(({ socket }) => !socket.destroyed).length;
    for (const offer of over) drop(offer);
    if (overdue === 0) return;
    this.turnedAway += overdue;
    if (this.#notices.due("overdue", now) === undefined) return;
    const what = `closed ${overdue} after ${LONGEST_WAIT / 1000} s, ${this.#waiting.length} still wait`;
    log("error", `no worker takes connections: ${what}`, { type: "worker-wait", closed: overdue });
  }
}

/** Closes a connection that no worker has. */
export function drop({ socket, release }: AcceptedConnection): void {
  socket.destroy();
  release();
}

function leastLoaded(takers: readonly Taker[], now: number): Taker | undefined {
  let least: Taker | undefined;
  for (const taker of takers) {
    if (taker.unavailable(now)) continue;
    const fewer = !least || taker.held < least.held;
    if (fewer || (taker.held === least!.held && least!.offered && !taker.offered)) least = taker;
  }
  return least;
}

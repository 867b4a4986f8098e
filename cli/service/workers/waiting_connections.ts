/**
 * Connections that wait until a worker takes them.
 *
 * @module
 */

import { connectionsByDescriptors } from "../../../lib/net/descriptors.ts";
import { Throttle } from "../../../lib/time/throttle.ts";
import { log } from "../../log/log.ts";
import type { AcceptedConnection } from "./worker_connections.ts";

/**
 * Connections that may wait for a worker; more are closed, and the MTA does what it does without a filter. Each has a
 * descriptor, and to hand one over takes another.
 */
const MAX_WAITING = Math.min(1024, connectionsByDescriptors());
/** How long a connection may wait, in milliseconds: Postfix waits so long (milter_connect_timeout), Sendmail less. */
export const LONGEST_WAIT = 30_000;
/** How long connections that wait may take to be handed over at the end, in milliseconds. */
const LAST_HANDOVER = 2000;
/** How often hand-overs and what waits are looked at, in milliseconds. */
const LOOK_AGAIN = 100;

/** What connections are handed to. */
export interface Taker {
  /** How many connections it has, with the one that it has yet to answer to. */
  readonly held: number;
  /** Whether it has yet to answer. */
  readonly offered: boolean;
  /** Whether connections go to others for now. */
  unavailable(now: number): boolean;
  /** Hands it a connection. */
  give(offer: AcceptedConnection, now: number): void;
  /** Sees to what is on its way to it. */
  look(now: number): void;
}

/** Connections in the order in which they came. */
export class WaitingConnections {
  readonly #takers: () => readonly Taker[];
  readonly #all: () => readonly Taker[];
  readonly #clock: () => number;
  readonly #notices = new Throttle();
  #waiting: AcceptedConnection[] = [];
  /** How many were closed since too many waited, or for too long. */
  turnedAway = 0;
  #overflow = false;
  #lookAgain: ReturnType<typeof setTimeout> | undefined;
  #allHanded: (() => void) | undefined;
  /** Since when connections have waited while none was taken. */
  #standsSince: number | undefined;

  /**
   * @param takers those that may be given connections now; none while not all are ready
   * @param all these, and those that are given none any more
   * @param clock the time, in milliseconds
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

  /** One more. */
  take(offer: AcceptedConnection): void {
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

  /** For how long connections have waited while no worker took any, in milliseconds; 0 where all is well. */
  get standstill(): number {
    if (this.#standsSince === undefined) return 0;
    const now = this.#clock();
    // Where all that waited have gone, only the next one can show whether it stands still.
    const couldTake = this.#waiting.length === 0 && this.#takers().some((each) => !each.unavailable(now));
    if (couldTake) this.#standsSince = undefined;
    return couldTake ? 0 : now - this.#standsSince!;
  }

  /** Takes back one that a worker was given and did not take; it is the next. */
  takeBack(offer: AcceptedConnection): void {
    this.#waiting.unshift(offer);
  }

  /** A worker took one: those that wait now wait for the next. */
  moved(): void {
    this.#standsSince = undefined;
    this.hand();
  }

  /**
   * Hands over what waits. Strictly to the worker that has the fewest, so that none gets more than its share: where
   * that one has yet to answer to an earlier connection, it is waited for, unless it is stuck or has no room. Nothing is
   * handed out before all are ready: the first to be would get all that came meanwhile, as when an MTA comes back after
   * a restart.
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

  /** Looks after what is on its way and what waits. */
  look(): void {
    const now = this.#clock();
    for (const taker of this.#all()) taker.look(now);
    this.#closeOverdue(now);
    if (this.#waiting.length > 0 || this.#isUnanswered()) this.hand();
    else this.#tellIfHanded();
  }

  /**
   * Settled once none waits or is on its way. What was taken from a listening socket is nobody else's, and must be served
   * also by who is about to stop; where no worker takes it for a while, it is closed.
   */
  async handed(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#allHanded = resolve;
      setTimeout(() => this.drop(), LAST_HANDOVER).unref();
      this.#tellIfHanded();
    });
  }

  /** Closes all that wait. */
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

  /** Closes what waited for too long, and lets go of what has ended meanwhile. */
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
    const what = `${overdue} waited ${LONGEST_WAIT / 1000} s and are closed, ${this.#waiting.length} wait`;
    log("error", `no worker takes connections: ${what}`, { type: "worker-wait", closed: overdue });
  }
}

/** Closes one that no worker has. */
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

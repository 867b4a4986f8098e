/**
 * Tracks the connections of one worker: those that it has, and the one that is being handed to it.
 *
 * @module
 */

import type { Socket } from "node:net";

/** How long a worker may take to answer before the hand-over is withdrawn and others are preferred, in milliseconds. */
export const STUCK_AFTER = 100;
/** How long a worker that missed a connection gets no other, unless one of its own ends earlier, in milliseconds. */
const REST = 250;
/** How often, and how long in milliseconds, a worker without connections may miss what it is handed. */
const MOST_MISSED = 3;
const LONGEST_FAILING = 2000;

/** An accepted connection, which waits for a worker or has one. */
export interface AcceptedConnection {
  readonly socket: Socket;
  readonly overTcp: boolean;
  /** The address that it arrived at. */
  readonly address: string;
  /** When it was accepted, by `performance.now`. */
  readonly since: number;
  /** Uncounts it once it has ended. */
  release(): void;
}

interface Offered {
  readonly id: number;
  readonly offer: AcceptedConnection;
  readonly at: number;
  withdrawn: boolean;
}

/** The connections of one worker, and the one being handed to it. Reads no clock and sends nothing. */
export class WorkerConnections {
  /** The connections that the worker has, by id. */
  readonly #taken = new Map<number, AcceptedConnection>();
  readonly #room: number;
  #lastId = 0;
  #offered: Offered | undefined;
  /** The hand-over whose message and socket the runtime still holds, answered or not. */
  #sending: { readonly id: number; readonly at: number } | undefined;
  /** How many connections it missed since it last took one or one of its own ended. */
  #missed = 0;
  #firstMissedAt = 0;
  #lastMissedAt = 0;

  /** @param room the number of connections that the worker has descriptors for */
  constructor(room: number) {
    this.#room = room;
  }

  /** The number of its connections, including the one being handed to it. */
  get held(): number {
    return this.#taken.size + (this.#offered ? 1 : 0);
  }

  /** Whether it has not yet answered to a hand-over. */
  get offered(): boolean {
    return this.#offered !== undefined;
  }

  /** Whether it has taken too long to answer. */
  stuck(now: number): boolean {
    return this.#offered !== undefined && now - this.#offered.at > STUCK_AFTER;
  }

  /** Whether it should get no connection for now, although it has answered: it has no room, or the channel is not free. */
  resting(now: number): boolean {
    if (this.#offered) return false;
    if (this.held >= this.#room) return true;
    return this.#sending !== undefined || (this.#missed > 0 && now - this.#lastMissedAt < REST);
  }

  /** Whether it cannot take any connection although it has none: that does not resolve itself. */
  broken(now: number): boolean {
    if (this.#taken.size > 0) return false;
    if (this.#missed >= MOST_MISSED && now - this.#firstMissedAt >= LONGEST_FAILING) return true;
    return !this.#offered && this.#sending !== undefined && now - this.#sending.at >= LONGEST_FAILING;
  }

  /**
   * Notes that a connection is being handed to the worker.
   *
   * @returns the id of the hand-over
   */
  offer(offer: AcceptedConnection, now: number): number {
    if (this.#offered || this.#sending) throw new Error("a worker is handed one connection at a time");
    const id = ++this.#lastId;
    this.#offered = { id, offer, at: now, withdrawn: false };
    this.#sending = { id, at: now };
    return id;
  }

  /** Notes that the runtime has sent a message and its socket, or has given up on them. */
  sent(id: number): void {
    if (this.#sending?.id === id) this.#sending = undefined;
  }

  /** Notes that the worker has taken a connection; returns that, or undefined if it is not the pending one. */
  took(id: number): AcceptedConnection | undefined {
    if (this.#offered?.id !== id) return undefined;
    const { offer } = this.#offered;
    this.#taken.set(id, offer);
    this.#offered = undefined;
    this.#missed = 0;
    this.sent(id);
    return offer;
  }

  /** Counts the pending connection as taken if its answer can never arrive; returns it. */
  presumeTaken(): AcceptedConnection | undefined {
    return this.#offered && this.took(this.#offered.id);
  }

  /** Notes that the worker will never have a connection; returns that, or undefined if it is not the pending one. */
  missed(id: number, now: number): AcceptedConnection | undefined {
    if (this.#offered?.id !== id) return undefined;
    const { offer } = this.#offered;
    this.#offered = undefined;
    // If the connection ended meanwhile, missing it does not count against the worker.
    if (offer.socket.destroyed) return offer;
    if (this.#missed++ === 0) this.#firstMissedAt = now;
    this.#lastMissedAt = now;
    return offer;
  }

  /** Notes that a connection has ended; returns that, or undefined if the id is unknown. */
  closed(id: number): AcceptedConnection | undefined {
    const offer = this.#taken.get(id);
    this.#taken.delete(id);
    // There is room again.
    if (offer) this.#missed = 0;
    return offer;
  }

  /** Returns the id of an overdue hand-over that must be withdrawn; each id once. */
  overdue(now: number): number | undefined {
    const offered = this.#offered;
    if (!offered || offered.withdrawn || !this.stuck(now)) return undefined;
    offered.withdrawn = true;
    return offered.id;
  }

  /** Notes that the worker has ended; returns its connections, and the one that it did not take. */
  end(): { readonly taken: readonly AcceptedConnection[]; readonly offered: AcceptedConnection | undefined } {
    const ended = { taken: [...this.#taken.values()], offered: this.#offered?.offer };
    this.#taken.clear();
    this.#offered = undefined;
    this.#sending = undefined;
    return ended;
  }
}

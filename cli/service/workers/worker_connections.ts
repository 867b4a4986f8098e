/**
 * What became of the connections that one worker was handed: one at a time is on its way, the others it has.
 *
 * @module
 */

import type { Socket } from "node:net";

/** How long a worker may take to answer before the hand-over is withdrawn and others are preferred, in milliseconds. */
export const STUCK_AFTER = 100;
/** How long a worker that missed a connection is left alone, unless one of its own ends before, in milliseconds. */
const REST = 250;
/** So often, and for so long, a worker that has no connections may miss what it is handed, in milliseconds. */
const MOST_MISSED = 3;
const LONGEST_FAILING = 2000;

/** A connection that waits for a worker, or has one. */
export interface AcceptedConnection {
  readonly socket: Socket;
  readonly overTcp: boolean;
  /** Where it was taken. */
  readonly address: string;
  /** When it was taken, as `performance.now` tells it. */
  readonly since: number;
  /** Has it count no more: it is over. */
  release(): void;
}

interface Offered {
  readonly id: number;
  readonly offer: AcceptedConnection;
  readonly at: number;
  withdrawn: boolean;
}

/** The connections that one worker has, and the one on its way to it. It reads no clock and sends nothing. */
export class WorkerConnections {
  /** The connections that the worker has, by the ids that it knows them by. */
  readonly #taken = new Map<number, AcceptedConnection>();
  readonly #room: number;
  #lastId = 0;
  #offered: Offered | undefined;
  /** The id that the runtime still holds a message and a socket for, be it answered or not. */
  #sending: { readonly id: number; readonly at: number } | undefined;
  /** How often it missed one since it took one or one ended. */
  #missed = 0;
  #firstMissedAt = 0;
  #lastMissedAt = 0;

  /** @param room how many connections the worker has descriptors for */
  constructor(room: number) {
    this.#room = room;
  }

  /** How many connections it has, with the one on its way. */
  get held(): number {
    return this.#taken.size + (this.#offered ? 1 : 0);
  }

  /** Whether it has yet to answer. */
  get offered(): boolean {
    return this.#offered !== undefined;
  }

  /** Whether it has had one for too long without an answer. */
  stuck(now: number): boolean {
    return this.#offered !== undefined && now - this.#offered.at > STUCK_AFTER;
  }

  /** Whether it is not to be handed any for now, though it has answered: it has no room, or the channel is not free. */
  resting(now: number): boolean {
    if (this.#offered) return false;
    if (this.held >= this.#room) return true;
    return this.#sending !== undefined || (this.#missed > 0 && now - this.#lastMissedAt < REST);
  }

  /** Whether it can take nothing though it has nothing: that does not mend itself. */
  broken(now: number): boolean {
    if (this.#taken.size > 0) return false;
    if (this.#missed >= MOST_MISSED && now - this.#firstMissedAt >= LONGEST_FAILING) return true;
    return !this.#offered && this.#sending !== undefined && now - this.#sending.at >= LONGEST_FAILING;
  }

  /**
   * One is on its way.
   *
   * @returns its id
   */
  offer(offer: AcceptedConnection, now: number): number {
    if (this.#offered || this.#sending) throw new Error("a worker is handed one connection at a time");
    const id = ++this.#lastId;
    this.#offered = { id, offer, at: now, withdrawn: false };
    this.#sending = { id, at: now };
    return id;
  }

  /** The runtime is done with a message and its socket, whatever became of them. */
  sent(id: number): void {
    if (this.#sending?.id === id) this.#sending = undefined;
  }

  /** The worker has it; gives it, or nothing where that is no news. */
  took(id: number): AcceptedConnection | undefined {
    if (this.#offered?.id !== id) return undefined;
    const { offer } = this.#offered;
    this.#taken.set(id, offer);
    this.#offered = undefined;
    this.#missed = 0;
    this.sent(id);
    return offer;
  }

  /** Counts the one on its way as taken, where the answer can never come; gives it. */
  presumeTaken(): AcceptedConnection | undefined {
    return this.#offered && this.took(this.#offered.id);
  }

  /** The worker does not have it, and never will; gives it, or nothing where that is no news. */
  missed(id: number, now: number): AcceptedConnection | undefined {
    if (this.#offered?.id !== id) return undefined;
    const { offer } = this.#offered;
    this.#offered = undefined;
    // Of one that ended on its way there was nothing to take.
    if (offer.socket.destroyed) return offer;
    if (this.#missed++ === 0) this.#firstMissedAt = now;
    this.#lastMissedAt = now;
    return offer;
  }

  /** One that it had is over; gives it, or nothing where it had none of that id. */
  closed(id: number): AcceptedConnection | undefined {
    const offer = this.#taken.get(id);
    this.#taken.delete(id);
    // There is room, where there was none.
    if (offer) this.#missed = 0;
    return offer;
  }

  /** The id of the one that is to be withdrawn, once. */
  overdue(now: number): number | undefined {
    const offered = this.#offered;
    if (!offered || offered.withdrawn || !this.stuck(now)) return undefined;
    offered.withdrawn = true;
    return offered.id;
  }

  /** The worker is gone; gives what it had, and what it did not take. */
  end(): { readonly taken: readonly AcceptedConnection[]; readonly offered: AcceptedConnection | undefined } {
    const ended = { taken: [...this.#taken.values()], offered: this.#offered?.offer };
    this.#taken.clear();
    this.#offered = undefined;
    this.#sending = undefined;
    return ended;
  }
}

/**
 * How many connections there may be, in all and from one client.
 *
 * @module
 */

import { connectionsByDescriptors } from "../net/descriptors.ts";

/** Bounds of the connections that there are at a time. */
export interface ConnectionLimits {
  /**
   * All together; a further one is closed at once, and its MTA does what it does without a filter. Never more than the
   * system's limit of open descriptors (`ulimit -n`) has room for, some of them kept for all else. @default 10000
   */
  readonly connections?: number;
  /** From one IP address; an MTA opens one for each SMTP session. @default no bound of its own */
  readonly connectionsPerClient?: number;
}

/** The bounds that hold where none are set. */
export const DEFAULT_CONNECTION_LIMITS: Required<ConnectionLimits> = {
  connections: 10_000,
  connectionsPerClient: Infinity,
};

/** Counts connections against the bounds. */
export class ConnectionCounter {
  /** All that are counted in this process: its servers share its descriptors. */
  static #ofProcess = 0;
  /** The bounds in force. */
  readonly limits: Required<ConnectionLimits>;
  readonly #byClient = new Map<string, number>();
  readonly #room: number;
  #count = 0;

  /**
   * @param limits the bounds
   * @param room how many there are descriptors for
   * @throws {RangeError} for one that is no number from 1 on
   */
  constructor(
    { connections, connectionsPerClient }: ConnectionLimits = {},
    room: number = connectionsByDescriptors(),
  ) {
    this.#room = room;
    this.limits = {
      connections: connections ?? DEFAULT_CONNECTION_LIMITS.connections,
      connectionsPerClient: connectionsPerClient ?? DEFAULT_CONNECTION_LIMITS.connectionsPerClient,
    };
    for (const [name, limit] of Object.entries(this.limits)) {
      if (limit !== Infinity && !(Number.isInteger(limit) && limit >= 1)) {
        throw new RangeError(`Invalid limit ${name} ${limit}: must be a whole number of at least 1`);
      }
    }
    this.limits = { ...this.limits, connections: Math.min(this.limits.connections, this.#room) };
  }

  /**
   * Counts one more.
   *
   * @param peer the other end, as `Connection.peer` names it
   * @returns the bound that it passes, if it does; then it is not counted
   */
  enter(peer: string): keyof ConnectionLimits | undefined {
    if (this.#count >= this.limits.connections || ConnectionCounter.#ofProcess >= this.#room) {
      return "connections";
    }
    const client = clientOf(peer);
    const held = this.#byClient.get(client) ?? 0;
    // A unix socket's other end is always this machine.
    if (client !== "" && held >= this.limits.connectionsPerClient) return "connectionsPerClient";
    this.#count++;
    ConnectionCounter.#ofProcess++;
    this.#byClient.set(client, held + 1);
    return undefined;
  }

  /** Counts one less, which was counted by {@linkcode enter}. */
  leave(peer: string): void {
    const client = clientOf(peer);
    const held = this.#byClient.get(client)! - 1;
    this.#count--;
    ConnectionCounter.#ofProcess--;
    if (held > 0) this.#byClient.set(client, held);
    else this.#byClient.delete(client);
  }
}

/** The address of a peer without its port; empty where it has none. */
function clientOf(peer: string): string {
  return peer.slice(0, Math.max(0, peer.lastIndexOf(":")));
}

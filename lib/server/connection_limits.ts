/**
 * Limits the number of connections, in total and from one client.
 *
 * @module
 */

import { connectionsByDescriptors } from "../net/descriptors.ts";

/** Limits on the number of simultaneous connections. */
export interface ConnectionLimits {
  /**
   * In total. A further connection is closed at once, and its MTA takes its default action. The limit on open
   * descriptors (`ulimit -n`) may lower this, as some descriptors are reserved for other uses. @default 10000
   */
  readonly connections?: number;
  /** From one IP address; an MTA opens one for each SMTP session. @default no limit */
  readonly connectionsPerClient?: number;
}

/** The default limits. */
export const DEFAULT_CONNECTION_LIMITS: Required<ConnectionLimits> = {
  connections: 10_000,
  connectionsPerClient: Infinity,
};

/** Counts connections against the limits. */
export class ConnectionCounter {
  /** The number of connections in this process: all its servers share its descriptors. */
  static #ofProcess = 0;
  /** The effective limits. */
  readonly limits: Required<ConnectionLimits>;
  readonly #byClient = new Map<string, number>();
  readonly #room: number;
  #count = 0;

  /**
   * @param limits the limits
   * @param room the number of connections that the process has descriptors for
   * @throws {RangeError} for a limit that is not a whole number of at least 1
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
   * Counts a new connection.
   *
   * @param peer the other end, as `Connection.peer` names it
   * @returns the limit that it exceeds, if any; then it is not counted
   */
  enter(peer: string): keyof ConnectionLimits | undefined {
    if (this.#count >= this.limits.connections || ConnectionCounter.#ofProcess >= this.#room) {
      return "connections";
    }
    const client = clientOf(peer);
    const held = this.#byClient.get(client) ?? 0;
    // A unix socket has no client address.
    if (client !== "" && held >= this.limits.connectionsPerClient) return "connectionsPerClient";
    this.#count++;
    ConnectionCounter.#ofProcess++;
    this.#byClient.set(client, held + 1);
    return undefined;
  }

  /** Removes a connection that {@linkcode enter} counted. */
  leave(peer: string): void {
    const client = clientOf(peer);
    const held = this.#byClient.get(client)! - 1;
    this.#count--;
    ConnectionCounter.#ofProcess--;
    if (held > 0) this.#byClient.set(client, held);
    else this.#byClient.delete(client);
  }
}

/** Returns the address of a peer without its port; empty if it has no port. */
function clientOf(peer: string): string {
  return peer.slice(0, Math.max(0, peer.lastIndexOf(":")));
}

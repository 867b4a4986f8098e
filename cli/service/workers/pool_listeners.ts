/**
 * Listens on the addresses of a pool.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { ConnectionCounter } from "../../../lib/server/connection_limits.ts";
import { Throttle } from "../../../lib/time/throttle.ts";
import { type Address, formatAddress } from "../../../lib/net/address.ts";
import { checkInherited, listenForOthers } from "../../../lib/net/listen.ts";
import { type Listener, peerName } from "../../../lib/net/transport.ts";
import type { UnixSocketOptions } from "../../../lib/net/unix_socket.ts";
import type { ServerEvent } from "../../../lib/server/server_events.ts";
import { log, logEvent } from "../../log/log.ts";
import { SOCKET_OPTIONS } from "../../options/socket_options.ts";
import type { AcceptedConnection } from "./worker_connections.ts";
import { drop } from "./waiting_connections.ts";

/** An address to listen on. */
export interface WantedListener {
  readonly address: Address;
  /** The permissions of a unix socket. */
  readonly options: UnixSocketOptions;
  /** Counts the open connections of this address and of others with the same chain. */
  readonly counter: ConnectionCounter;
}

interface Open {
  readonly listener: Listener;
  /** The permissions that it was opened with. */
  readonly options: UnixSocketOptions;
  counter: ConnectionCounter;
  /** Connections that arrived before the address is served; undefined once it is. */
  held: AcceptedConnection[] | undefined;
}

/** The listeners of a pool, by address. */
export class PoolListeners {
  readonly #take: (offer: AcceptedConnection) => void;
  readonly #tell: (event: ServerEvent) => void;
  readonly #notices = new Throttle();
  readonly #open = new Map<string, Open>();
  /** How often the system failed to accept a connection. */
  failures = 0;

  /**
   * @param take receives each connection to serve
   * @param tell receives events for limits that are reached
   */
  constructor(take: (offer: AcceptedConnection) => void, tell: (event: ServerEvent) => void) {
    this.#take = take;
    this.#tell = tell;
  }

  /**
   * Listens on new addresses, and holds their connections back until {@linkcode settle}. Only checks that inherited
   * sockets exist: connections can wait in them, see {@linkcode addInherited}.
   *
   * @param wanted all addresses, including those that are already open
   * @throws {AddressError} for one that cannot be listened on; see {@linkcode withdraw}
   */
  async add(wanted: readonly WantedListener[]): Promise<void> {
    for (const { address, options, counter } of wanted) {
      const name = formatAddress(address);
      const open = this.#open.get(name);
      if (open) {
        // The permissions of an existing socket do not change.
        const settings = Object.keys(SOCKET_OPTIONS) as (keyof UnixSocketOptions)[];
        if (settings.some((setting) => open.options[setting] !== options[setting])) {
          const names = settings.map((setting) => SOCKET_OPTIONS[setting].name).join(" and ");
          log("warning", `${name} keeps its ${names} until a restart`);
        }
        continue;
      }
      if (address.kind === "fd") checkInherited(address);
      else this.#open.set(name, await this.#listen(name, address, options, counter));
    }
  }

  /**
   * Listens on the inherited sockets too. Call this only when workers are ready: a connection that was accepted but is not
   * served is lost to the next process, and a closed inherited socket does not come back.
   *
   * @param wanted all addresses
   * @throws {AddressError} for one that cannot be listened on; see {@linkcode withdraw}
   */
  async addInherited(wanted: readonly WantedListener[]): Promise<void> {
    for (const { address, options, counter } of wanted) {
      const name = formatAddress(address);
      if (address.kind !== "fd" || this.#open.has(name)) continue;
      this.#open.set(name, await this.#listen(name, address, options, counter));
    }
  }

  /** Serves the wanted addresses from now on, and closes all others. */
  async settle(wanted: readonly WantedListener[]): Promise<void> {
    const counters = new Map(wanted.map(({ address, counter }) => [formatAddress(address), counter]));
    for (const [name, open] of this.#open) {
      const counter = counters.get(name);
      if (!counter) continue;
      // Existing connections stay with the previous counter until they end.
      open.counter = counter;
      const { held } = open;
      open.held = undefined;
      for (const offer of held ?? []) this.#take(offer);
    }
    const unwanted = [...this.#open.keys()].filter((name) => !counters.has(name));
    for (const name of unwanted) {
      log("info", `no longer listening on ${name}`, { type: "unlistened", address: name });
    }
    await this.#close(unwanted);
  }

  /** Closes the listeners that were added but not settled. */
  async withdraw(): Promise<void> {
    await this.#close([...this.#open].filter(([, { held }]) => held).map(([name]) => name));
  }

  /** Closes all listeners. */
  async close(): Promise<void> {
    await this.#close([...this.#open.keys()]);
  }

  async #listen(
    name: string,
    address: Address,
    options: UnixSocketOptions,
    counter: ConnectionCounter,
  ): Promise<Open> {
    // Set this up before listening: connections that arrive at once must be held back too.
    const open: Omit<Open, "listener"> = { options, counter, held: [] };
    const listener = await listenForOthers(
      address,
      (socket) => {
        // The client may disconnect while it waits.
        socket.on("error", () => {});
        // An inherited socket may be TCP or unix; only the peer's address shows which.
        const overTcp = address.kind !== "unix" && socket.remoteAddress !== undefined;
        const release = this.#count(open.counter, overTcp ? peerOf(socket) : "unix");
        if (!release) return void socket.destroy();
        const offer = { socket, overTcp, address: name, since: performance.now(), release };
        if (open.held) open.held.push(offer);
        else this.#take(offer);
      },
      (error) => this.#failed(name, error),
      options,
    );
    const here = formatAddress(listener.address);
    log("info", `listening on ${here}`, { type: "listening", address: here });
    return Object.assign(open, { listener });
  }

  #failed(address: string, error: Error): void {
    const missed = this.#notices.due(`accept-failed ${address}`, performance.now());
    this.failures++;
    if (missed !== undefined) logEvent({ type: "accept-failed", address, error, missed });
  }

  /** Counts a connection; returns a function that uncounts it, or undefined if the limit is reached. */
  #count(counter: ConnectionCounter, peer: string): (() => void) | undefined {
    const limit = counter.enter(peer);
    if (!limit) return () => counter.leave(peer);
    const missed = this.#notices.due(limit, performance.now());
    if (missed !== undefined) {
      this.#tell({ type: "limit", limit, most: counter.limits[limit], peer, missed });
    }
  }

  async #close(names: readonly string[]): Promise<void> {
    const closing = names.map((name) => {
      const open = this.#open.get(name)!;
      this.#open.delete(name);
      for (const offer of open.held ?? []) drop(offer);
      return open.listener.close();
    });
    await Promise.allSettled(closing);
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return peerName(remoteAddress, remotePort);
}

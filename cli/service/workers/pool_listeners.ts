/**
 * The addresses at which a pool takes connections.
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

/** Where to take connections. */
export interface WantedListener {
  readonly address: Address;
  /** For a unix socket: who may connect. */
  readonly options: UnixSocketOptions;
  /** Counts the connections that there are, here and at other addresses of the same chain. */
  readonly counter: ConnectionCounter;
}

interface Open {
  readonly listener: Listener;
  /** As it was opened. */
  readonly options: UnixSocketOptions;
  counter: ConnectionCounter;
  /** What came before it was to be served. */
  held: AcceptedConnection[] | undefined;
}

/** Listeners by their addresses. */
export class PoolListeners {
  readonly #take: (offer: AcceptedConnection) => void;
  readonly #tell: (event: ServerEvent) => void;
  readonly #notices = new Throttle();
  readonly #open = new Map<string, Open>();
  /** How often the system did not let it take a connection. */
  failures = 0;

  /**
   * @param take given each connection that is to be served
   * @param tell told of limits that are reached
   */
  constructor(take: (offer: AcceptedConnection) => void, tell: (event: ServerEvent) => void) {
    this.#take = take;
    this.#tell = tell;
  }

  /**
   * Listens where nothing listens yet. What comes there is held back until {@linkcode settle}. Inherited sockets are
   * only looked for: what waits in them is not lost while nobody takes it, see {@linkcode addInherited}.
   *
   * @param wanted all addresses, those that are there already too
   * @throws {AddressError} for one that cannot be listened on; see {@linkcode withdraw}
   */
  async add(wanted: readonly WantedListener[]): Promise<void> {
    for (const { address, options, counter } of wanted) {
      const name = formatAddress(address);
      const open = this.#open.get(name);
      if (open) {
        // The socket is there, and whoever may connect to it was settled when it was made.
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
   * Listens to the inherited sockets, too. Only once there is somebody to serve what waits in them: what was taken and is
   * not served is lost to the next process, and a socket that was closed does not come back.
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

  /** What is wanted is served from here on, and what is not is listened to no more. */
  async settle(wanted: readonly WantedListener[]): Promise<void> {
    const counters = new Map(wanted.map(({ address, counter }) => [formatAddress(address), counter]));
    for (const [name, open] of this.#open) {
      const counter = counters.get(name);
      if (!counter) continue;
      // Those that there are were counted by the one before, and are on their way out.
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

  /** Listens no more to what was added and is not settled. */
  async withdraw(): Promise<void> {
    await this.#close([...this.#open].filter(([, { held }]) => held).map(([name]) => name));
  }

  /** Listens to nothing any more. */
  async close(): Promise<void> {
    await this.#close([...this.#open.keys()]);
  }

  async #listen(
    name: string,
    address: Address,
    options: UnixSocketOptions,
    counter: ConnectionCounter,
  ): Promise<Open> {
    // Before it listens: what comes at once must be held back, too.
    const open: Omit<Open, "listener"> = { options, counter, held: [] };
    const listener = await listenForOthers(
      address,
      (socket) => {
        // It may end while it waits.
        socket.on("error", () => {});
        // An inherited socket may be of either kind, and only a peer's address tells which.
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

  /** Counts a connection; gives what has it count no more, or nothing where it is one too many. */
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

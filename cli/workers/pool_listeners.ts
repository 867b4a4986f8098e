/**
 * The addresses at which a pool takes connections.
 *
 * @module
 */

import { type Address, formatAddress } from "../../lib/net/address.ts";
import { listenForOthers } from "../../lib/net/listen.ts";
import type { Listener } from "../../lib/net/transport.ts";
import type { UnixSocketOptions } from "../../lib/net/unix_socket.ts";
import { log } from "../log.ts";
import type { Offer } from "./worker_process.ts";

/** Where to take connections. */
export interface WantedListener {
  readonly address: Address;
  /** For a unix socket: who may connect. */
  readonly options: UnixSocketOptions;
}

interface Open {
  readonly listener: Listener;
  /** As it was opened. */
  readonly options: UnixSocketOptions;
  /** What came before it was to be served. */
  held: Offer[] | undefined;
}

/** Listeners by their addresses. */
export class PoolListeners {
  readonly #take: (offer: Offer) => void;
  readonly #open = new Map<string, Open>();
  /** How often the system did not let it take a connection. */
  failures = 0;

  /** @param take given each connection that is to be served */
  constructor(take: (offer: Offer) => void) {
    this.#take = take;
  }

  /**
   * Listens where nothing listens yet. What comes there is held back until {@linkcode settle}.
   *
   * @param wanted all addresses, those that are there already too
   * @throws {AddressError} for one that cannot be listened on; see {@linkcode withdraw}
   */
  async add(wanted: readonly WantedListener[]): Promise<void> {
    for (const { address, options } of wanted) {
      const name = formatAddress(address);
      const open = this.#open.get(name);
      if (open) {
        // The socket is there, and whoever may connect to it was settled when it was made.
        const isSame = open.options.mode === options.mode && open.options.group === options.group;
        if (!isSame) log("warning", `${name} keeps its socket-mode and socket-group until a restart`);
        continue;
      }
      this.#open.set(name, await this.#listen(name, address, options));
    }
  }

  /** What is wanted is served from here on, and what is not is listened to no more. */
  async settle(wanted: readonly WantedListener[]): Promise<void> {
    const names = new Set(wanted.map(({ address }) => formatAddress(address)));
    for (const [name, open] of this.#open) {
      const { held } = open;
      if (!names.has(name) || !held) continue;
      open.held = undefined;
      for (const offer of held) this.#take(offer);
    }
    const unwanted = [...this.#open.keys()].filter((name) => !names.has(name));
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

  async #listen(name: string, address: Address, options: UnixSocketOptions): Promise<Open> {
    // Before it listens: what comes at once must be held back, too.
    const open: Omit<Open, "listener"> = { options, held: [] };
    const listener = await listenForOthers(
      address,
      (socket) => {
        // It may end while it waits.
        socket.on("error", () => {});
        // An inherited socket may be of either kind, and only a peer's address tells which.
        const overTcp = address.kind !== "unix" && socket.remoteAddress !== undefined;
        const offer = { socket, overTcp, address: name };
        if (open.held) open.held.push(offer);
        else this.#take(offer);
      },
      (error) => {
        this.failures++;
        log("error", `cannot take a connection on ${name}: ${error.message}`);
      },
      options,
    );
    const here = formatAddress(listener.address);
    log("info", `listening on ${here}`, { type: "listening", address: here });
    return Object.assign(open, { listener });
  }

  async #close(names: readonly string[]): Promise<void> {
    const closing = names.map((name) => {
      const open = this.#open.get(name)!;
      this.#open.delete(name);
      for (const { socket } of open.held ?? []) socket.destroy();
      return open.listener.close();
    });
    await Promise.allSettled(closing);
  }
}

/**
 * The interface to a runtime's sockets.
 *
 * @module
 */

import type { Address } from "./address.ts";

/** A connection, as its user sees it. */
export interface Connection {
  /** The other end's address and port, or `unix` if it has none. */
  readonly peer: string;
  /** Whether it goes over TCP. */
  readonly overTcp: boolean;
  /** The bytes that were written and that the system has not accepted yet. */
  readonly queued: number;
  /** Sends bytes, after all earlier ones. They must not be written to again. */
  write(bytes: Uint8Array): void;
  /** Stops reading. While paused, it may go unnoticed that the other side closes. */
  pause(): void;
  /** Reads again after {@linkcode pause}. */
  resume(): void;
  /** Closes once everything has been sent. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

/** The callbacks of a connection. */
export interface ConnectionHandler {
  /** Bytes arrived. They are never written to again, so views of them may be kept. */
  data(bytes: Uint8Array): void;
  /** Everything that was queued has been sent. */
  drain(): void;
  /** The connection is closed, by either side. Called once, last. */
  closed(error?: Error): void;
}

/** Called for each new connection. */
export type Accept = (connection: Connection) => ConnectionHandler;

/** Opens a connection, for connecting to a filter by other means than an address. */
export type Dial = (accept: Accept) => Promise<Connection>;

/** A listener on an address. */
export interface Listener {
  /** The address, with the port that the system chose for port 0. */
  readonly address: Address;
  /** Stops accepting connections; the open ones stay. Resolves once the address can be listened on again. */
  close(): void | Promise<void>;
}

/** An address that can be bound, with the host name resolved to an IP address. */
export type BindAddress =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly ip: string; readonly port: number }
  | { readonly kind: "fd"; readonly fd: number };

/** A socket that listens. */
export interface Bound {
  /** The port; 0 for a unix socket. */
  readonly port: number;
  /** Stops accepting connections. */
  close(): void | Promise<void>;
}

/** A runtime's sockets. */
export interface Transport {
  /**
   * Listens on an address.
   *
   * @param address the address
   * @param accept called for each connection
   * @param failed called if accepting fails
   * @returns the port listened on (0 for a unix socket), and how to stop
   */
  listen(
    address: BindAddress,
    accept: Accept,
    failed: (error: Error) => void,
  ): Promise<Bound>;
  /** Connects to an address. */
  connect(address: BindAddress, accept: Accept): Promise<Connection>;
}

/** Bytes that wait to be written. */
export class WriteQueue {
  readonly #waiting: Uint8Array[] = [];
  /** How many bytes wait. */
  length = 0;

  /** Appends bytes. */
  push(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.length += bytes.length;
  }

  /** The first bytes; undefined if there are none. */
  get first(): Uint8Array | undefined {
    return this.#waiting[0];
  }

  /** Removes this many of the first bytes. */
  take(count: number): void {
    const first = this.#waiting[0];
    this.length -= count;
    if (first !== undefined && count < first.length) this.#waiting[0] = first.subarray(count);
    else this.#waiting.shift();
  }
}

/** How logs show the other end of a connection. */
export function peerName(address: string | undefined, port: number | undefined): string {
  if (!address) return "unix";
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

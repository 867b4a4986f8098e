/**
 * What the rest of the library needs of a runtime's sockets.
 *
 * @module
 */

import type { Address } from "./address.ts";

/** One connection, seen from its user. */
export interface Connection {
  /** The other end's address and port, or `unix` where it has none. */
  readonly peer: string;
  /** Whether it goes over TCP. */
  readonly overTcp: boolean;
  /** How many bytes were written and not taken by the system yet. */
  readonly queued: number;
  /** Sends bytes, after all earlier ones. They must not be written to again. */
  write(bytes: Uint8Array): void;
  /** Lets what comes wait with the system. While paused, an end by the other side may go unnoticed. */
  pause(): void;
  /** Undoes {@linkcode pause}. */
  resume(): void;
  /** Closes once everything was sent. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

/** What a connection tells its user. */
export interface ConnectionHandler {
  /** Bytes came. They are never written to again, so views of them may be kept. */
  data(bytes: Uint8Array): void;
  /** All that was queued is sent. */
  drain(): void;
  /** It is over, whoever ended it. Once, and the last call. */
  closed(error?: Error): void;
}

/** Called for each new connection. */
export type Accept = (connection: Connection) => ConnectionHandler;

/** Brings a connection about, for who has another way to a filter than an address. */
export type Dial = (accept: Accept) => Promise<Connection>;

/** Something that listens. */
export interface Listener {
  /** Where, with the port that the system chose where 0 was asked for. */
  readonly address: Address;
  /** Takes no more connections; the open ones stay. Done once the address can be listened on again. */
  close(): void | Promise<void>;
}

/** An address that can be bound: a host name already made an IP address. */
export type BindAddress =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly ip: string; readonly port: number }
  | { readonly kind: "fd"; readonly fd: number };

/** A socket that listens. */
export interface Bound {
  /** The port; 0 for a unix socket. */
  readonly port: number;
  /** Takes no more connections. */
  close(): void | Promise<void>;
}

/** A runtime's sockets. */
export interface Transport {
  /**
   * Listens.
   *
   * @param address where
   * @param accept called for each connection
   * @param failed told when accepting fails
   * @returns the port listened on (0 for a unix socket), and how to stop
   */
  listen(
    address: BindAddress,
    accept: Accept,
    failed: (error: Error) => void,
  ): Promise<Bound>;
  /** Connects. */
  connect(address: BindAddress, accept: Accept): Promise<Connection>;
}

/** Bytes that wait for their turn. */
export class WriteQueue {
  readonly #waiting: Uint8Array[] = [];
  /** How many bytes there are. */
  length = 0;

  /** Appends bytes. */
  push(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.length += bytes.length;
  }

  /** The first bytes; undefined where there are none. */
  get first(): Uint8Array | undefined {
    return this.#waiting[0];
  }

  /** Takes so many bytes of the first ones off. */
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

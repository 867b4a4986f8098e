/**
 * Stands between an MTA and a filter: every byte goes on as it came, in both directions, and somebody may look on.
 *
 * It goes by `node:net` on every runtime, because one side may end its stream while the other goes on, which is passed
 * on too.
 *
 * @module
 */

import { connect, type Socket } from "node:net";
import { type Address, formatAddress } from "../net/address.ts";
import { addressError, listenForOthers } from "../net/listen.ts";
import { type Listener, peerName } from "../net/transport.ts";
import type { UnixSocketOptions } from "../net/unix_socket.ts";
import type { Side } from "../protocol/describe_packet.ts";

/** How long a user who takes nothing is given to read what came before a break, in milliseconds. */
const LINGER = 5000;

/** Who looks on at one connection. */
export interface RelayWatcher {
  /** Bytes came from a side, and were passed on. They are never written to again. */
  bytes(side: Side, bytes: Uint8Array): void;
  /** A side sends no more. */
  ended(side: Side): void;
  /**
   * The connection to a side broke, or to the filter never came about. The other side's is closed, behind what was
   * passed on to it; what it still sends goes nowhere, and is not told.
   */
  failed(side: Side, error: Error): void;
  /** Both sides are closed. Once, and the last call. */
  closed(): void;
}

/** What to pass on, and who looks on. */
export interface RelayOptions extends UnixSocketOptions {
  /** Where the MTA connects to. */
  readonly listen: Address;
  /** Where the filter is: `unix`, `inet` or `inet6`. */
  readonly milter: Address;
  /** Called for each connection of the MTA's. @returns who looks on at it */
  readonly watch: (connection: RelayedConnection) => RelayWatcher;
  /** Told when a connection could not be accepted. */
  readonly failed: (error: Error) => void;
}

/** A connection that is passed on. */
export interface RelayedConnection {
  /** Its number, from 1. */
  readonly number: number;
  /** The MTA's address and port, or `unix`. */
  readonly peer: string;
  /** Closes both sides at once. */
  destroy(): void;
}

/** A running relay. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #open = new Set<Passage>();
  #listener!: Listener;
  #serial = 0;
  #closing = false;
  #finish!: () => void;
  /** Settled when it takes no more connections and the last one is gone. */
  readonly finished: Promise<void> = new Promise((resolve) => this.#finish = resolve);

  private constructor(options: RelayOptions) {
    this.#options = options;
  }

  /**
   * Starts to listen.
   *
   * @throws {AddressError} `cannot-listen`; `invalid-address` for a filter's address that nobody can connect to
   */
  static async start(options: RelayOptions): Promise<Relay> {
    target(options.milter);
    const relay = new Relay(options);
    const take = (socket: Socket) => relay.#take(socket);
    relay.#listener = await listenForOthers(options.listen, take, options.failed, options);
    return relay;
  }

  /** Where it listens, the port filled in. */
  get address(): string {
    return formatAddress(this.#listener.address);
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#open.size;
  }

  /** Takes no more connections; the open ones go on. */
  close(): void {
    this.#closing = true;
    this.#listener.close();
    if (this.#open.size === 0) this.#finish();
  }

  /** Closes all open connections at once. */
  destroyAll(): void {
    for (const passage of this.#open) passage.destroy();
  }

  #take(socket: Socket): void {
    if (this.#closing) {
      socket.destroy();
      return;
    }
    const passage: Passage = new Passage(++this.#serial, socket, this.#options, () => {
      this.#open.delete(passage);
      if (this.#closing && this.#open.size === 0) this.#finish();
    });
    this.#open.add(passage);
  }
}

class Passage implements RelayedConnection {
  readonly number: number;
  readonly peer: string;
  readonly #sockets: Readonly<Record<Side, Socket>>;
  readonly #watcher: RelayWatcher;
  readonly #milter: Address;
  readonly #gone: () => void;
  #stillOpen = 2;
  #broken = false;
  #connected = false;
  /** Whether something was passed on to a side since it spoke last, which it may not have read. */
  readonly #unread: Record<Side, boolean> = { mta: false, milter: false };

  constructor(number: number, mta: Socket, { milter: address, watch }: RelayOptions, gone: () => void) {
    this.number = number;
    this.peer = peerName(mta.remoteAddress, mta.remotePort);
    this.#gone = gone;
    this.#milter = address;
    mta.allowHalfOpen = true;
    const milter = connect({ ...target(address), allowHalfOpen: true });
    // What is written before the filter is there waits in the socket.
    milter.once("connect", () => this.#connected = true);
    this.#sockets = { mta, milter };
    for (const socket of [mta, milter]) {
      socket.setNoDelay(true);
      socket.once("close", () => this.#closed());
    }
    this.#watcher = watch(this);
    this.#pass("mta", "milter");
    this.#pass("milter", "mta");
    mta.resume();
  }

  destroy(): void {
    this.#broken = true;
    for (const socket of Object.values(this.#sockets)) socket.destroy();
  }

  #pass(side: Side, other: Side): void {
    const { [side]: from, [other]: to } = this.#sockets;
    from.on("data", (bytes: Uint8Array) => {
      // Where the other side broke, there is nobody left to pass it on to.
      if (this.#broken) return;
      if (to.writable && !to.write(bytes)) from.pause();
      this.#unread[side] = false;
      this.#unread[other] = true;
      // A plain array: the slice of a Buffer is a view and not a copy as everywhere else.
      this.#watcher.bytes(side, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    });
    to.on("drain", () => from.resume());
    from.on("end", () => {
      to.end();
      if (!this.#broken) this.#watcher.ended(side);
    });
    from.on("error", (error: Error) => {
      // The other side breaks because this one did; that is told once.
      if (this.#broken) return;
      this.#broken = true;
      const never = side === "milter" && !this.#connected;
      this.#watcher.failed(
        side,
        never ? addressError("cannot-connect", "connect to", this.#milter, error) : error,
      );
      // Where nobody was to be reached the MTA is to see an end, as from a filter that closes, and not a broken line.
      if (never) to.destroy();
      else breakOff(to, this.#unread[other]);
    });
    from.once("close", () => {
      // Of a break the other side learns behind what waits for it.
      if (!from.readableEnded && !this.#broken) to.destroy();
      from.destroy();
    });
  }

  #closed(): void {
    if (--this.#stillOpen > 0) return;
    this.#watcher.closed();
    this.#gone();
  }
}

/**
 * Breaks a connection off as the other side's was: with a reset; or where that could throw away what its user has not
 * read, be it here or with the system, with an end behind it.
 */
function breakOff(socket: Socket, unread: boolean): void {
  if (unread || socket.writableLength > 0) return endAndLinger(socket);
  const overTcp = socket.remoteAddress !== undefined;
  if (overTcp && typeof socket.resetAndDestroy === "function") socket.resetAndDestroy();
  else socket.destroy();
}

/** Ends a connection, and lets go of it when its user does, or takes nothing any more. */
function endAndLinger(socket: Socket): void {
  socket.end();
  // To close a connection that something has come by is a reset too.
  socket.resume();
  let left = Infinity;
  const timer = setInterval(() => {
    if (socket.writableLength === 0 || socket.writableLength >= left) socket.destroy();
    left = socket.writableLength;
  }, LINGER);
  timer.unref();
  socket.once("close", () => clearInterval(timer));
}

/** What `node:net` connects to. */
function target(address: Address): { path: string } | { host: string; port: number; family: 4 | 6 } {
  switch (address.kind) {
    case "unix":
      return { path: address.path };
    case "inet":
    case "inet6":
      return { host: address.host, port: address.port, family: address.kind === "inet" ? 4 : 6 };
    default:
      throw addressError(
        "cannot-connect",
        "connect to",
        address,
        new Error("nobody can be connected to there"),
      );
  }
}

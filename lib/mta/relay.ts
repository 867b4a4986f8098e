/**
 * Relays between an MTA and a filter: passes every byte on unchanged, in both directions, and lets an observer watch.
 *
 * It uses `node:net` on every runtime, because one side may end its stream while the other goes on, which is passed on too.
 *
 * @module
 */

import { connect, type Socket } from "node:net";
import { type Address, formatAddress } from "../net/address.ts";
import { addressError, listenForOthers } from "../net/listen.ts";
import { type Listener, peerName } from "../net/transport.ts";
import type { UnixSocketOptions } from "../net/unix_socket.ts";
import type { Side } from "../protocol/describe_packet.ts";

/** After one side's connection breaks, how long the other side has to read what came before, in milliseconds. */
const LINGER = 5000;

/** An observer of one connection. */
export interface RelayWatcher {
  /** Bytes came from a side and were passed on. They are never written to again. */
  bytes(side: Side, bytes: Uint8Array): void;
  /** A side ended its stream. */
  ended(side: Side): void;
  /**
   * The connection to a side broke, or the one to the filter could not be opened. The other side's connection is closed after
   * everything that was passed on to it; what it still sends is dropped, and not reported.
   */
  failed(side: Side, error: Error): void;
  /** Both sides are closed. Called once, last. */
  closed(): void;
}

/** Settings of a relay. */
export interface RelayOptions extends UnixSocketOptions {
  /** Where the MTA connects to. */
  readonly listen: Address;
  /** The filter's address: `unix`, `inet` or `inet6`. */
  readonly milter: Address;
  /** Called for each connection from the MTA. @returns its observer */
  readonly watch: (connection: RelayedConnection) => RelayWatcher;
  /** Called if a connection could not be accepted. */
  readonly failed: (error: Error) => void;
}

/** A relayed connection. */
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
  /** Resolves when it accepts no more connections and the last one is closed. */
  readonly finished: Promise<void> = new Promise((resolve) => this.#finish = resolve);

  private constructor(options: RelayOptions) {
    this.#options = options;
  }

  /**
   * Starts to listen.
   *
   * @throws {AddressError} `cannot-listen`; `invalid-address` if the filter's address cannot be connected to
   */
  static async start(options: RelayOptions): Promise<Relay> {
    target(options.milter);
    const relay = new Relay(options);
    const take = (socket: Socket) => relay.#take(socket);
    relay.#listener = await listenForOthers(options.listen, take, options.failed, options);
    return relay;
  }

  /** Where it listens, with the actual port. */
  get address(): string {
    return formatAddress(this.#listener.address);
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#open.size;
  }

  /** Stops accepting connections; the open ones go on. */
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
  /** Whether bytes were passed on to a side since it last sent any; it may not have read them. */
  readonly #unread: Record<Side, boolean> = { mta: false, milter: false };

  constructor(number: number, mta: Socket, { milter: address, watch }: RelayOptions, gone: () => void) {
    this.number = number;
    this.peer = peerName(mta.remoteAddress, mta.remotePort);
    this.#gone = gone;
    this.#milter = address;
    mta.allowHalfOpen = true;
    const milter = connect({ ...target(address), allowHalfOpen: true });
    // What is written before the filter is connected waits in the socket.
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
      // If the other side broke, it cannot be passed on.
      if (this.#broken) return;
      if (to.writable && !to.write(bytes)) from.pause();
      this.#unread[side] = false;
      this.#unread[other] = true;
      // A plain array: the `slice` of a Buffer is a view, not a copy as everywhere else.
      this.#watcher.bytes(side, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    });
    to.on("drain", () => from.resume());
    from.on("end", () => {
      to.end();
      if (!this.#broken) this.#watcher.ended(side);
    });
    from.on("error", (error: Error) => {
      // The other side breaks because this one did; that is reported once.
      if (this.#broken) return;
      this.#broken = true;
      const never = side === "milter" && !this.#connected;
      this.#watcher.failed(
        side,
        never ? addressError("cannot-connect", "connect to", this.#milter, error) : error,
      );
      // If the filter could not be reached, the MTA should see a normal end, as from a filter that closes, not a reset.
      if (never) to.destroy();
      else breakOff(to, this.#unread[other]);
    });
    from.once("close", () => {
      // The other side learns of the break after the bytes that wait for it.
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
 * Ends a connection as the other side's ended: with a reset; or, if that could discard bytes that were not read yet,
 * here or in the system, with a normal end after them.
 */
function breakOff(socket: Socket, unread: boolean): void {
  if (unread || socket.writableLength > 0) return endAndLinger(socket);
  const overTcp = socket.remoteAddress !== undefined;
  if (overTcp && typeof socket.resetAndDestroy === "function") socket.resetAndDestroy();
  else socket.destroy();
}

/** Ends a connection, and closes it when the other end does so or stops reading. */
function endAndLinger(socket: Socket): void {
  socket.end();
  // Closing a connection with unread bytes sends a reset too.
  socket.resume();
  let left = Infinity;
  const timer = setInterval(() => {
    if (socket.writableLength === 0 || socket.writableLength >= left) socket.destroy();
    left = socket.writableLength;
  }, LINGER);
  timer.unref();
  socket.once("close", () => clearInterval(timer));
}

/** The address in the form of `node:net`. */
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
        new Error("this address cannot be connected to"),
      );
  }
}

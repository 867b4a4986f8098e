/**
 * Sockets on Bun, by `Bun.listen`: a third cheaper for small packets than Bun's `node:net`.
 *
 * @module
 */

import { nodeTransport } from "./node.ts";
import {
  type Accept,
  type BindAddress,
  type Connection,
  type ConnectionHandler,
  peerName,
  type Transport,
  WriteQueue,
} from "./transport.ts";

interface BunSocket {
  data: BunConnection | undefined;
  write(bytes: Uint8Array): number;
  end(): void;
  terminate(): void;
  pause(): void;
  resume(): void;
  setNoDelay(on: boolean): void;
  readonly remoteAddress?: string;
  readonly remotePort?: number;
}

interface BunHandlers {
  /** By default bytes come as a Buffer, whose `slice` is a view and not a copy as everywhere else. */
  readonly binaryType: "uint8array";
  open(socket: BunSocket): void;
  data(socket: BunSocket, bytes: Uint8Array): void;
  drain(socket: BunSocket): void;
  close(socket: BunSocket, error?: Error): void;
  error(socket: BunSocket, error: Error): void;
  connectError?(socket: BunSocket, error: Error): void;
  end?(socket: BunSocket): void;
}

type BunTarget = { readonly unix: string } | { readonly hostname: string; readonly port: number };

interface BunApi {
  listen(options: BunTarget & { socket: BunHandlers }): { readonly port: number; stop(force: boolean): void };
  connect(options: BunTarget & { socket: BunHandlers }): Promise<BunSocket>;
}

class BunConnection implements Connection {
  handler: ConnectionHandler | undefined;
  error: Error | undefined;
  readonly overTcp: boolean;
  readonly #socket: BunSocket;
  readonly #queue = new WriteQueue();
  #ending = false;
  #closed = false;

  constructor(socket: BunSocket, overTcp: boolean) {
    this.#socket = socket;
    this.overTcp = overTcp;
  }

  get peer(): string {
    // Asked of a unix socket it would cost two system calls to learn nothing.
    if (!this.overTcp) return peerName(undefined, undefined);
    return peerName(this.#socket.remoteAddress, this.#socket.remotePort);
  }

  get queued(): number {
    return this.#queue.length;
  }

  write(bytes: Uint8Array): void {
    if (this.#closed || this.#ending) return;
    if (this.#queue.length > 0) return this.#queue.push(bytes);
    // Bun takes what the system takes, and reports the rest as not written; below 0 the socket is gone.
    const written = Math.max(0, this.#socket.write(bytes));
    if (written < bytes.length) this.#queue.push(bytes.subarray(written));
  }

  flush(): void {
    for (let first = this.#queue.first; first; first = this.#queue.first) {
      const written = Math.max(0, this.#socket.write(first));
      if (written > 0) this.#queue.take(written);
      if (written < first.length) return;
    }
    if (this.#ending) this.#socket.end();
    else this.handler?.drain();
  }

  pause(): void {
    if (!this.#closed) this.#socket.pause();
  }

  resume(): void {
    if (!this.#closed) this.#socket.resume();
  }

  end(): void {
    this.#ending = true;
    if (this.#queue.length === 0 && !this.#closed) this.#socket.end();
  }

  destroy(): void {
    if (!this.#closed) this.#socket.terminate();
  }

  closed(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.handler?.closed(error ?? this.error);
  }

  /** Gives it whom to tell, of its end too where it was closed before there was anybody. */
  attach(handler: ConnectionHandler): void {
    this.handler = handler;
    if (this.#closed) handler.closed(this.error);
  }
}

function handlers(accept: Accept, overTcp: boolean): BunHandlers {
  return {
    binaryType: "uint8array",
    open(socket) {
      const connection = socket.data = new BunConnection(socket, overTcp);
      if (overTcp) socket.setNoDelay(true);
      connection.attach(accept(connection));
    },
    data: (socket, bytes) => socket.data?.handler?.data(bytes),
    drain: (socket) => socket.data?.flush(),
    close: (socket, error) => socket.data?.closed(error),
    error: (socket, error) => {
      if (socket.data) socket.data.error = error;
    },
    // Without it a refused connection is reported twice: by the promise, and as an unhandled error.
    connectError: () => {},
  };
}

/** A socket of Bun's own as its `node:net` keeps it, in a place of which nothing is promised. */
interface BunHandle extends BunSocket {
  reload(options: { socket: BunHandlers }): void;
}

/**
 * Takes a socket over from Bun's `node:net`, so that it costs no more than any other.
 *
 * @param socket the socket of `node:net`, of which nothing was read yet
 * @param overTcp whether it is TCP
 * @param accept called with the connection
 * @returns whether that could be done
 */
export function adoptBunSocket(socket: object, overTcp: boolean, accept: Accept): boolean {
  const handle = (socket as { readonly _handle?: Partial<BunHandle> | null })._handle;
  if (!handle || typeof handle.reload !== "function" || typeof handle.resume !== "function") return false;
  const ours = handlers(accept, overTcp);
  // Sockets of node:net may be half open: the other side's end is to be answered with ours.
  handle.reload({ socket: { ...ours, end: (socket) => socket.end() } });
  ours.open(handle as BunHandle);
  handle.resume();
  return true;
}

function target(address: BindAddress & { kind: "unix" | "tcp" }): BunTarget {
  return address.kind === "unix" ? { unix: address.path } : { hostname: address.ip, port: address.port };
}

function bun(): BunApi {
  return (globalThis as unknown as { Bun: BunApi }).Bun;
}

/** Bun's sockets. An inherited descriptor goes by `node:net`. */
export const bunTransport: Transport = {
  // deno-lint-ignore require-await -- a failure to bind is a rejection, as on the other runtimes
  async listen(address, accept, failed) {
    if (address.kind === "fd") return nodeTransport.listen(address, accept, failed);
    const listener = bun().listen({ ...target(address), socket: handlers(accept, address.kind === "tcp") });
    return { port: address.kind === "tcp" ? listener.port : 0, close: () => listener.stop(false) };
  },
  async connect(address, accept) {
    if (address.kind === "fd") return nodeTransport.connect(address, accept);
    const socket = await bun().connect({
      ...target(address),
      socket: handlers(accept, address.kind === "tcp"),
    });
    return socket.data!;
  },
};

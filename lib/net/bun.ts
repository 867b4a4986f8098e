/**
 * Sockets on Bun, with `Bun.listen`: for small packets it takes a third less time than Bun's `node:net`.
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
  /** By default bytes arrive as a Buffer, whose `slice` is a view, not a copy as elsewhere. */
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
  /** Made for the first bytes that the system does not accept: most connections never have any. */
  #queue: WriteQueue | undefined;
  #ending = false;
  #closed = false;

  constructor(socket: BunSocket, overTcp: boolean) {
    this.#socket = socket;
    this.overTcp = overTcp;
  }

  get peer(): string {
    // For a unix socket, this would take two system calls without a result.
    if (!this.overTcp) return peerName(undefined, undefined);
    return peerName(this.#socket.remoteAddress, this.#socket.remotePort);
  }

  get queued(): number {
    return this.#queue === undefined ? 0 : this.#queue.length;
  }

  write(bytes: Uint8Array): void {
    if (this.#closed || this.#ending) return;
    if (this.queued > 0) return this.#queue?.push(bytes);
    // Bun writes what the system accepts, and returns how much; a number below 0 means that the socket is gone.
    const written = Math.max(0, this.#socket.write(bytes));
    if (written < bytes.length) (this.#queue ??= new WriteQueue()).push(bytes.subarray(written));
  }

  flush(): void {
    const queue = this.#queue;
    for (let first = queue?.first; queue && first; first = queue.first) {
      const written = Math.max(0, this.#socket.write(first));
      if (written > 0) queue.take(written);
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
    if (this.queued === 0 && !this.#closed) this.#socket.end();
  }

  destroy(): void {
    if (!this.#closed) this.#socket.terminate();
  }

  closed(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.handler?.closed(error ?? this.error);
  }

  /** Sets the handler, and tells it if the connection was closed before. */
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
    // Without this, a refused connection is reported twice: by the promise, and as an unhandled error.
    connectError: () => {},
  };
}

/** Bun's own socket inside a socket of its `node:net`, in an undocumented property. */
interface BunHandle extends BunSocket {
  reload(options: { socket: BunHandlers }): void;
}

/**
 * Takes over a socket from Bun's `node:net`, so that it is as fast as any other.
 *
 * @param socket the socket of `node:net`, from which nothing has been read yet
 * @param overTcp whether it is TCP
 * @param accept called with the connection
 * @returns whether that was possible
 */
export function adoptBunSocket(socket: object, overTcp: boolean, accept: Accept): boolean {
  const handle = (socket as { readonly _handle?: Partial<BunHandle> | null })._handle;
  if (!handle || typeof handle.reload !== "function" || typeof handle.resume !== "function") return false;
  const ours = handlers(accept, overTcp);
  // Sockets of node:net may be half open: when the other side ends, so must we.
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

/** Bun's sockets; inherited descriptors use `node:net`. */
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

/**
 * Sockets with `node:net`: on Node, and on every runtime for inherited descriptors.
 *
 * @module
 */

import { connect, createServer, type Socket } from "node:net";
import {
  type Accept,
  type BindAddress,
  type Bound,
  type Connection,
  type ConnectionHandler,
  peerName,
  type Transport,
} from "./transport.ts";

class NodeConnection implements Connection {
  handler: ConnectionHandler | undefined;
  readonly #socket: Socket;
  #error: Error | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    // A plain array: the `slice` of a Buffer is a view, not a copy as everywhere else.
    socket.on(
      "data",
      (bytes: Uint8Array) =>
        this.handler?.data(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
    );
    socket.on("drain", () => this.handler?.drain());
    socket.on("error", (error) => this.#error = error);
    socket.on("close", () => this.handler?.closed(this.#error));
  }

  get peer(): string {
    return peerName(this.#socket.remoteAddress, this.#socket.remotePort);
  }

  get overTcp(): boolean {
    return this.#socket.remoteAddress !== undefined;
  }

  get queued(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end(() => this.#socket.destroy());
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** Makes a connection of a socket. */
export function adoptNodeSocket(socket: Socket, accept: Accept): Connection {
  socket.setNoDelay(true);
  const connection = new NodeConnection(socket);
  connection.handler = accept(connection);
  return connection;
}

function target(address: BindAddress): { path: string } | { host: string; port: number } | { fd: number } {
  switch (address.kind) {
    case "unix":
      return { path: address.path };
    case "fd":
      return { fd: address.fd };
    case "tcp":
      return { host: address.ip, port: address.port };
  }
}

/**
 * Listens on an address.
 *
 * @param address the address
 * @param take called with each socket
 * @param failed called if accepting fails
 * @param paused whether to leave the sockets unread, for another process
 */
export function listenByNode(
  address: BindAddress,
  take: (socket: Socket) => void,
  failed: (error: Error) => void,
  paused: boolean,
): Promise<Bound> {
  return new Promise((resolve, reject) => {
    const server = createServer({ pauseOnConnect: paused }, take);
    server.once("error", reject);
    server.listen(target(address), () => {
      server.off("error", reject);
      server.on("error", failed);
      const bound = server.address();
      const port = typeof bound === "object" && bound !== null ? bound.port ?? 0 : 0;
      resolve({ port, close: () => void server.close() });
    });
  });
}

/** The sockets of `node:net`. */
export const nodeTransport: Transport = {
  listen: (address, accept, failed) =>
    listenByNode(address, (socket) => void adoptNodeSocket(socket, accept), failed, false),
  connect: (address, accept) =>
    new Promise((resolve, reject) => {
      const socket = connect(target(address) as { path: string });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(adoptNodeSocket(socket, accept));
      });
    }),
};

/**
 * Sockets on Deno, with `Deno.listen`.
 *
 * @module
 */

import { nodeTransport } from "./node.ts";
import {
  type Accept,
  type Connection,
  type ConnectionHandler,
  peerName,
  type Transport,
  WriteQueue,
} from "./transport.ts";

/** The size of a read buffer at low traffic, in bytes: an idle connection keeps one. */
const SMALL_BUFFER = 8192;
/**
 * The size at high traffic, in bytes. MTAs send 64 KB of body in one packet, which, with its head, fits in one read.
 */
const LARGE_BUFFER = 65536 + 4096;
/** A small read buffer with less room than this, in bytes, is not used for another read. */
const LEAST_ROOM = 2048;
/** How long the other side's last bytes are read after a failed write, in milliseconds: they have already arrived. */
const LAST_READS = 1000;

class DenoConnection implements Connection {
  handler: ConnectionHandler | undefined;
  readonly #conn: Deno.Conn;
  readonly #queue = new WriteQueue();
  #writing = false;
  #ending = false;
  #closed = false;
  /** Why nothing can be written any more. */
  #broken: Error | undefined;
  #resume: (() => void) | undefined;
  #paused: Promise<void> | undefined;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  get peer(): string {
    const { hostname, port } = this.#conn.remoteAddr as Partial<Deno.NetAddr>;
    return peerName(hostname, port);
  }

  get overTcp(): boolean {
    return "setNoDelay" in this.#conn;
  }

  get queued(): number {
    return this.#queue.length;
  }

  write(bytes: Uint8Array): void {
    if (this.#closed || this.#ending || this.#broken) return;
    this.#queue.push(bytes);
    if (!this.#writing) this.#send();
  }

  pause(): void {
    this.#paused ??= new Promise((resolve) => this.#resume = resolve);
  }

  resume(): void {
    this.#resume?.();
    this.#paused = this.#resume = undefined;
  }

  end(): void {
    this.#ending = true;
    if (this.#queue.length === 0) this.#close();
  }

  destroy(): void {
    this.#close();
  }

  /** Sets the handler, and tells it if the connection was closed before. */
  attach(handler: ConnectionHandler): void {
    this.handler = handler;
    if (this.#closed) handler.closed();
  }

  /**
   * Reads until the end. The bytes are passed on in place and never written to again. At low traffic, each read appends
   * to the buffer of the previous one; at high traffic, each has a buffer of its own, so that it need not stop in the
   * middle of a packet.
   */
  async read(): Promise<void> {
    let buffer = new Uint8Array(SMALL_BUFFER);
    let at = 0;
    try {
      while (!this.#closed) {
        const count = await this.#conn.read(at === 0 ? buffer : buffer.subarray(at));
        if (count === null) break;
        // A paused connection waits; a closed one drops what was read.
        while (this.#paused) await this.#paused;
        if (this.#closed) break;
        this.handler?.data(buffer.subarray(at, at + count));
        at += count;
        const much = at === buffer.length || count > SMALL_BUFFER;
        if (much || buffer.length > SMALL_BUFFER || buffer.length - at < LEAST_ROOM) {
          buffer = new Uint8Array(much ? LARGE_BUFFER : SMALL_BUFFER);
          at = 0;
        }
      }
      this.#close(this.#broken);
    } catch (error) {
      this.#close(error as Error);
    }
  }

  /** Writes everything in order, in one loop, since writes may be partial and concurrent ones would mix. */
  async #send(): Promise<void> {
    this.#writing = true;
    try {
      for (let first = this.#queue.first; first && !this.#closed; first = this.#queue.first) {
        this.#queue.take(await this.#conn.write(first));
      }
      this.#writing = false;
      if (this.#closed) return;
      if (this.#ending) this.#close();
      else this.handler?.drain();
    } catch (error) {
      this.#writing = false;
      this.#break(error as Error);
    }
  }

  /** Nothing can be written any more, but what the other side sent before it closed may still be unread. */
  #break(error: Error): void {
    if (this.#paused || this.#ending) return this.#close(error);
    this.#broken = error;
    const timer = setTimeout(() => this.#close(error), LAST_READS);
    Deno.unrefTimer(timer);
  }

  #close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.resume();
    try {
      this.#conn.close();
    } catch {
      // It is closed already.
    }
    this.handler?.closed(error);
  }
}

function open(conn: Deno.Conn, accept: Accept): Connection {
  if ("setNoDelay" in conn) (conn as Deno.TcpConn).setNoDelay(true);
  const connection = new DenoConnection(conn);
  connection.attach(accept(connection));
  connection.read();
  return connection;
}

/** The pause after a failed accept, in milliseconds: without free descriptors, immediate retries would only spin. */
const ACCEPT_RETRY = 100;

/** Deno's sockets; inherited descriptors use `node:net`. */
export const denoTransport: Transport = {
  // deno-lint-ignore require-await -- a failure to bind is a rejection, as on the other runtimes
  async listen(address, accept, failed) {
    if (address.kind === "fd") return nodeTransport.listen(address, accept, failed);
    const listener: Deno.Listener = address.kind === "unix"
      ? Deno.listen({ transport: "unix", path: address.path })
      : Deno.listen({ hostname: address.ip, port: address.port });
    let closed = false;
    const acceptAll = async (): Promise<void> => {
      while (!closed) {
        try {
          open(await listener.accept(), accept);
        } catch (error) {
          if (closed) return;
          failed(error as Error);
          await new Promise((resolve) => setTimeout(resolve, ACCEPT_RETRY));
        }
      }
    };
    const accepting = acceptAll();
    return {
      port: address.kind === "tcp" ? (listener.addr as Deno.NetAddr).port : 0,
      close: () => {
        closed = true;
        listener.close();
        // The address is free once the pending accept has ended.
        return accepting;
      },
    };
  },
  async connect(address, accept) {
    if (address.kind === "fd") return nodeTransport.connect(address, accept);
    const conn: Deno.Conn = address.kind === "unix"
      ? await Deno.connect({ transport: "unix", path: address.path })
      : await Deno.connect({ hostname: address.ip, port: address.port });
    return open(conn, accept);
  },
};

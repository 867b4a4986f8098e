/**
 * Connections inside one process, without a socket, for tests and tools.
 *
 * @module
 */

import type { Accept, Connection, ConnectionHandler } from "./transport.ts";

/**
 * Connects two handlers.
 *
 * What one writes reaches the other after the current code has run, like bytes from a socket.
 *
 * @param accept called with the server's end
 * @param connect called with the client's end
 * @returns the client's end
 */
export function connectInMemory(accept: Accept, connect: Accept): Connection {
  const near = new MemoryConnection();
  const far = new MemoryConnection();
  near.join(far, connect);
  far.join(near, accept);
  return near;
}

class MemoryConnection implements Connection {
  readonly peer = "memory";
  readonly overTcp = false;
  readonly queued = 0;
  readonly #inbox: Uint8Array[] = [];
  #other!: MemoryConnection;
  #handler!: ConnectionHandler;
  #paused = false;
  #scheduled = false;
  /** Whether the other end has closed. */
  #ended = false;
  #closed = false;

  join(other: MemoryConnection, accept: Accept): void {
    this.#other = other;
    this.#handler = accept(this);
  }

  write(bytes: Uint8Array): void {
    if (!this.#closed) this.#other.#take(bytes);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  end(): void {
    this.#close();
  }

  destroy(): void {
    this.#inbox.length = 0;
    this.#close();
  }

  #take(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#inbox.push(bytes);
    this.#schedule();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#other.#ended = true;
    this.#other.#schedule();
    queueMicrotask(() => this.#handler.closed());
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    while (!this.#paused && !this.#closed) {
      const bytes = this.#inbox.shift();
      if (bytes === undefined) {
        if (this.#ended) this.#close();
        return;
      }
      this.#handler.data(bytes);
    }
  }
}

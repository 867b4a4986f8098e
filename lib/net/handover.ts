/**
 * Receives connections that the parent process accepts and hands over: it gives each to the worker with the fewest.
 *
 * The sockets go over the channel of `node:child_process` (`"ipc"`), which can carry them on Bun and on Deno. A socket
 * can get lost there: if the worker has no free descriptor, the system drops the socket that came with a message. Bun
 * then sends the message again, at most three times, and drops it; Deno delivers nothing and sends nothing more. So the
 * runtime cannot be relied on. Each hand-over has an id, ids increase, and a worker has only one to answer at a time.
 * The parent keeps its copy of the socket until the answer:
 *
 * - `took`: the connection belongs to the worker.
 * - `missed`: it belongs to the parent, permanently. A worker gives this answer if no socket came, or if the parent
 *   withdraws one that did not come. If the socket comes later, the worker closes its copy, so no connection is served
 *   twice.
 *
 * Everything else from the parent goes over standard input: on Deno, a socket is lost if another message precedes its
 * own when both are read, and after a lost socket nothing more arrives over the channel.
 *
 * A worker could accept from an inherited listening socket instead. But then the first worker to wake takes all waiting
 * connections, three times its share or more; and on Deno, a listener that pauses to leave some to others loses
 * connections.
 *
 * @module
 */

import type { Socket } from "node:net";
import process from "node:process";
import { adoptBunSocket } from "./bun.ts";
import { adoptNodeSocket } from "./node.ts";
import type { Accept, ConnectionHandler, Listener } from "./transport.ts";

/** The parent's message over the channel: serve the socket that comes with it. */
export interface HandOver {
  readonly type: "connection";
  /** Identifies the connection; greater than all ids before it. */
  readonly id: number;
  /** Whether it is TCP. */
  readonly overTcp: boolean;
  /** The address at which it was accepted. */
  readonly address: string;
}

/** A worker's message to its parent. */
export type ToParent =
  /** It can serve. */
  | { readonly type: "ready" }
  /** Its event loop is running. */
  | { readonly type: "alive" }
  /** It has this connection. */
  | { readonly type: "took"; readonly id: number }
  /** It does not have this connection, and never will. */
  | { readonly type: "missed"; readonly id: number }
  /** The socket of a missed one came after all, and was closed: the channel works. */
  | { readonly type: "late"; readonly id: number }
  /** A connection that it had is closed. */
  | { readonly type: "closed"; readonly id: number };

/** How long a hand-over that may have arrived has to be read before it counts as missed, in milliseconds. */
const READ_FIRST = 20;

/** The acceptor of each address, for all servers of this process: it has one channel to one parent. */
const acceptors = new Map<string, Accept>();
/** The last hand-over that was answered over that channel. */
let answered = 0;

/**
 * Serves the connections that the parent accepts at one of its addresses. Works only in a process that was started with
 * a channel.
 *
 * @param address the address, as `formatAddress` writes it
 * @param accept called for each connection
 */
export function listenToParent(address: string, accept: Accept): Listener {
  if (acceptors.size === 0) process.on("message", take);
  acceptors.set(address, accept);
  return {
    address: { kind: "parent", of: address },
    close() {
      acceptors.delete(address);
      if (acceptors.size === 0) process.off("message", take);
    },
  };
}

/** Tells the parent that this process is ready to serve connections. */
export function tellReady(): void {
  tellParent({ type: "ready" });
}

/** Tells the parent that this process is alive. */
export function tellAlive(): void {
  tellParent({ type: "alive" });
}

/**
 * Gives up a hand-over that the parent withdraws, unless it was answered.
 *
 * @param id its id
 */
export function withdrawHandOver(id: number): void {
  // A busy worker finds the withdrawal and the socket at the same time, and may read either first. If it is still busy,
  // the first timer runs before anything else is read, and the second one after.
  setTimeout(() =>
    setTimeout(() => {
      if (id > answered) answer("missed", id);
    }), READ_FIRST);
}

function take(message: HandOver, socket?: Socket): void {
  if (message.type !== "connection") return;
  const { id, overTcp, address } = message;
  if (id <= answered) {
    // Withdrawn: another worker has it by now.
    socket?.destroy();
    if (socket) tellParent({ type: "late", id });
    return;
  }
  if (!socket) return answer("missed", id);
  answer("took", id);
  const accept = acceptors.get(address);
  if (accept) return adopt(socket, overTcp, (connection) => plural(accept(connection), id));
  socket.destroy();
  tellParent({ type: "closed", id });
}

function answer(type: "took" | "missed", id: number): void {
  answered = id;
  tellParent({ type, id });
}

function adopt(socket: Socket, overTcp: boolean, accept: Accept): void {
  if ("Bun" in globalThis && adoptBunSocket(socket, overTcp, accept)) return;
  adoptNodeSocket(socket, accept);
}

function plural(handler: ConnectionHandler, id: number): ConnectionHandler {
  return {
    data: (bytes) => handler.data(bytes),
    drain: () => handler.drain(),
    closed(error) {
      handler.closed(error);
      tellParent({ type: "closed", id });
    },
  };
}

/** Sends a message to the parent. Whether the parent is alive is checked elsewhere: here it would be noticed too late. */
function tellParent(message: ToParent): void {
  try {
    process.send?.(message, undefined, undefined, () => {});
  } catch {
    // The channel is closed.
  }
}

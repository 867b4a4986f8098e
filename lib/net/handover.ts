/**
 * Connections that one process accepts and another one serves: the parent hands each to the worker that has the fewest.
 *
 * The sockets go over the channel that `node:child_process` makes (`"ipc"`), which can carry them on Bun and on Deno. A
 * socket can get lost there: where the worker has no free descriptor, the system drops the socket that came with a
 * message. Bun then sends the message again, three times at most, and forgets it; Deno delivers nothing and sends nothing
 * more. So the runtime's word counts for nothing here. Each hand-over has an id, ids grow, and a worker has one at a time to
 * answer. The parent keeps its copy of the socket until the answer:
 *
 * - `took`: the connection is the worker's.
 * - `missed`: it is the parent's, for good. The worker answers so where no socket came, and where the parent withdraws
 *   what did not come. Should the socket come later, the worker closes its copy: no connection is ever served twice.
 *
 * All else that the parent says goes over standard input: on Deno a socket is lost if another message stands before its
 * own when both are read, and nothing at all goes over the channel after a socket that was lost.
 *
 * A worker could accept from an inherited listening socket instead. But then whoever wakes first takes all that wait,
 * three times its share and more; and on Deno a listener that pauses to let others have theirs loses connections.
 *
 * @module
 */

import type { Socket } from "node:net";
import process from "node:process";
import { adoptBunSocket } from "./bun.ts";
import { adoptNodeSocket } from "./node.ts";
import type { Accept, ConnectionHandler, Listener } from "./transport.ts";

/** What the parent says over the channel: serve the socket that comes with this. */
export interface HandOver {
  readonly type: "connection";
  /** Names the connection from here on; greater than all before it. */
  readonly id: number;
  /** Whether it is TCP. */
  readonly overTcp: boolean;
  /** Where it was taken. */
  readonly address: string;
}

/** What a worker says. */
export type ToParent =
  /** It can serve. */
  | { readonly type: "ready" }
  /** Its event loop turns. */
  | { readonly type: "alive" }
  /** It has this connection. */
  | { readonly type: "took"; readonly id: number }
  /** It does not have this connection, and never will. */
  | { readonly type: "missed"; readonly id: number }
  /** The socket of one that it said it missed has come all the same, and is closed there: the channel is well. */
  | { readonly type: "late"; readonly id: number }
  /** A connection that it had is over. */
  | { readonly type: "closed"; readonly id: number };

/** How long a hand-over that may have come already has to be read before it counts as missed, in milliseconds. */
const READ_FIRST = 20;

/** Who serves what was taken at an address; for all servers of this process, which has one channel to one parent. */
const acceptors = new Map<string, Accept>();
/** The last hand-over that was answered over that channel. */
let answered = 0;

/**
 * Serves what the parent hands over of one of its addresses. Only in a process that was started with a channel.
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

/** Tells the parent that everything is there to serve what it hands over. */
export function tellReady(): void {
  tellParent({ type: "ready" });
}

/** Tells the parent that this process can still do something. */
export function tellAlive(): void {
  tellParent({ type: "alive" });
}

/**
 * Gives up a hand-over that the parent withdraws, unless it was answered.
 *
 * @param id its id
 */
export function withdrawHandOver(id: number): void {
  // A worker that was busy finds the withdrawal and the socket at the same time, and may be shown either of them first.
  // Where it is busy still, the first timer runs before anything else is read: the second one runs after.
  setTimeout(() =>
    setTimeout(() => {
      if (id > answered) answer("missed", id);
    }), READ_FIRST);
}

function take(message: HandOver, socket?: Socket): void {
  if (message.type !== "connection") return;
  const { id, overTcp, address } = message;
  if (id <= answered) {
    // Withdrawn: somebody else has it by now.
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

/** Says something to the parent. Whether it still lives is found out elsewhere: to be told here would be too late. */
function tellParent(message: ToParent): void {
  try {
    process.send?.(message, undefined, undefined, () => {});
  } catch {
    // The channel is closed.
  }
}

/**
 * Connections that one process accepts and another one serves: the parent hands each to the worker that has the fewest.
 *
 * Both talk over the channel that `node:child_process` makes (`"ipc"`), which can carry sockets on Bun and on Deno. The
 * parent keeps its copy of a socket until the worker says `took`: if the worker dies before, another one gets it.
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

/** What the parent says. */
export type ToWorker =
  /** Serve the socket that comes with this, which was taken at an address; `id` names it from here on. */
  | { readonly type: "connection"; readonly id: number; readonly overTcp: boolean; readonly address: string }
  /** No more connections will come; end when those that there are have ended, `timeout` milliseconds for idle ones. */
  | { readonly type: "stop"; readonly timeout: number }
  /** End at once. */
  | { readonly type: "abort" };

/** What a worker says. */
export type ToParent =
  /** It can serve. */
  | { readonly type: "ready" }
  /** Its event loop turns. */
  | { readonly type: "alive" }
  /** It has the socket that came last. */
  | { readonly type: "took" }
  /** A connection of its is over. */
  | { readonly type: "closed"; readonly id: number };

/** Who serves what was taken at an address. */
const acceptors = new Map<string, Accept>();

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

function take(message: ToWorker, socket?: Socket): void {
  if (message.type !== "connection") return;
  tellParent({ type: "took" });
  const accept = acceptors.get(message.address);
  const { id, overTcp } = message;
  if (socket && accept) return adopt(socket, overTcp, (connection) => counted(accept(connection), id));
  // One that ended on its way comes as nothing; one of an address that is served no more is closed.
  socket?.destroy();
  tellParent({ type: "closed", id });
}

function adopt(socket: Socket, overTcp: boolean, accept: Accept): void {
  if ("Bun" in globalThis && adoptBunSocket(socket, overTcp, accept)) return;
  adoptNodeSocket(socket, accept);
}

function counted(handler: ConnectionHandler, id: number): ConnectionHandler {
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

/**
 * A worker's side of the conversation with its parent. It obeys its parent and ignores signals, since those may reach the
 * whole process group.
 *
 * @module
 */

import process from "node:process";
import { tellAlive, withdrawHandOver } from "../../../lib/net/handover.ts";
import { onParentMessage } from "./worker_protocol.ts";
import type { WorkerFailure } from "./worker_process.ts";

/** How long the message that a worker cannot serve may take, in milliseconds. */
const FAILURE_LIMIT = 1000;

/** The orders that a parent can give. */
export interface WorkerOrders {
  /** Ends when its connections have; those between messages have `timeout` milliseconds. */
  stop(timeout: number): void;
  /** Ends at once, with this exit code. */
  abort(code: number): void;
}

/**
 * Carries out the parent's orders, and stops if the parent is gone.
 *
 * @param orders the orders
 * @param stopTimeout how long connections between messages stay open without a parent, in milliseconds
 */
export function obeyParent(orders: WorkerOrders, stopTimeout: number): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
  onParentMessage((message) => {
    switch (message.type) {
      case "stop":
        return orders.stop(message.timeout);
      case "abort":
        return orders.abort(0);
      case "ask":
        return tellAlive();
      case "withdraw":
        return withdrawHandOver(message.id);
    }
  });
  // Deno does not always emit "disconnect", but standard input always ends.
  const orphaned = () => orders.stop(stopTimeout);
  process.on("disconnect", orphaned);
  process.stdin.on("end", orphaned).on("error", orphaned);
}

/** Tells the parent why this worker cannot serve; the parent logs it, once and in the configured format. */
export async function tellFailure(error: Error): Promise<void> {
  const failure: WorkerFailure = { type: "failed", reason: whyItFailed(error) };
  await new Promise<void>((resolve) => {
    setTimeout(resolve, FAILURE_LIMIT);
    try {
      process.send!(failure, undefined, undefined, () => resolve());
    } catch {
      resolve();
    }
  });
}

/** Returns the message of an expected error, and the stack of any other, which is needed to find the bug. */
function whyItFailed(error: Error): string {
  const known = "code" in error;
  return known ? error.message.replace(/^milterkit serve: /, "") : error.stack ?? error.message;
}

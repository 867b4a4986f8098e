/**
 * A worker, seen from itself: its parent's words are what ends it, not signals, which reach a whole group of processes.
 *
 * @module
 */

import process from "node:process";
import { tellAlive, withdrawHandOver } from "../../../lib/net/handover.ts";
import { onParentMessage } from "./worker_protocol.ts";
import type { WorkerFailure } from "./worker_process.ts";

/** How long a parent may take to hear why a worker cannot serve, in milliseconds. */
const FAILURE_LIMIT = 1000;

/** What a worker does when it is told. */
export interface WorkerOrders {
  /** Ends when its connections have, with so many milliseconds for those between messages. */
  stop(timeout: number): void;
  /** Ends at once, with this exit code. */
  abort(code: number): void;
}

/**
 * Does what the parent says, and stops where the parent is gone.
 *
 * @param orders what can be done
 * @param stopTimeout how long connections between messages go on without a parent, in milliseconds
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
  // On Deno "disconnect" does not always come, but the end of standard input does.
  const orphaned = () => orders.stop(stopTimeout);
  process.on("disconnect", orphaned);
  process.stdin.on("end", orphaned).on("error", orphaned);
}

/** Tells the parent why this worker cannot serve; the log has it from there, once and in its own format. */
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

/** What is nobody's mistake on the command line has a stack that is needed. */
function whyItFailed(error: Error): string {
  const known = "code" in error;
  return known ? error.message.replace(/^milterkit serve: /, "") : error.stack ?? error.message;
}

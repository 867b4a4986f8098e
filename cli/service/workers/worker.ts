/**
 * A worker's side of the conversation with its parent. It obeys its parent and ignores signals, since those may reach the
 * whole process group.
 *
 * @module
 */

import process from "node:process";
import { tellAlive, withdrawHandOver } from "../../../lib/net/handover.ts";
import type { SetupSummary } from "../../config/setup_summary.ts";
import { leaveEarlyExitToParent } from "../../terminal/early_exit.ts";
import type { StateSettings } from "../../options/state_options.ts";
import type { OnStateError } from "../../../lib/store/guarded_store.ts";
import type { OutageEvents } from "../state/outage_log.ts";
import type { StatePlace } from "../state/place.ts";
import { reportOutages } from "../state/service_outages.ts";
import { errorData, errorOf } from "./error_data.ts";
import {
  type FailedMessage,
  type LoadedMessage,
  onParentMessage,
  type OutageMessage,
  type StateMessage,
} from "./worker_protocol.ts";

/** How long a message about loading may take to be sent, in milliseconds. */
const TELL_LIMIT = 1000;

/** The orders that a parent can give. */
export interface WorkerOrders {
  /** Ends when its connections have; those between messages have `timeout` milliseconds. */
  stop(timeout: number): void;
  /** Ends at once, with this exit code. */
  abort(code: number): void;
}

/** Prepares this process to be a worker, before it loads any filter: leaves signals and the log of its end to its parent. */
export function becomeWorker(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
  leaveEarlyExitToParent();
}

/**
 * Carries out the parent's orders, and stops if the parent is gone.
 *
 * @param orders the orders
 * @param stopTimeout how long connections between messages stay open without a parent, in milliseconds
 */
export function obeyParent(orders: WorkerOrders, stopTimeout: number): void {
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

/**
 * Asks the parent where the state of the service is; it starts the keeper, if there is none yet.
 *
 * @param settings the settings of this version
 * @throws {Error} what the parent says if it cannot be used
 */
export async function askForState(settings: StateSettings): Promise<StatePlace> {
  const { promise, resolve, reject } = Promise.withResolvers<StatePlace>();
  onParentMessage((message) => {
    if (message.type !== "state") return;
    if ("place" in message) resolve(message.place);
    else reject(errorOf(message.error));
  });
  const gone = () => reject(new Error("the parent process has gone"));
  process.on("disconnect", gone);
  process.stdin.on("end", gone);
  try {
    await tell({ type: "state", settings });
    return await promise;
  } finally {
    process.off("disconnect", gone);
    process.stdin.off("end", gone);
  }
}

/**
 * Returns what tells the parent of a state that does not answer; the parent logs it once for all workers.
 *
 * @param address the address of the state, without a password
 * @param onError what happens to mail meanwhile
 */
export function tellOutages(address: string, onError: OnStateError): OutageEvents {
  return reportOutages((report) => void tell({ type: "outage", address, onError, report }));
}

/** Tells the parent what this worker has loaded and checked. */
export async function tellLoaded(summary: SetupSummary): Promise<void> {
  await tell({ type: "loaded", summary });
}

/** Tells the parent why this worker cannot serve; the parent logs it, once and in the configured format. */
export async function tellFailure(error: Error): Promise<void> {
  await tell({ type: "failed", error: errorData(error) });
}

/** Sends a message, and waits until it is on its way: what comes next may block or end this process. */
async function tell(message: LoadedMessage | FailedMessage | OutageMessage | StateMessage): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, TELL_LIMIT);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    try {
      process.send!(message, undefined, undefined, done);
    } catch {
      done();
    }
  });
}

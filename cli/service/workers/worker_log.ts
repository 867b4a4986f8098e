/**
 * What the log says of workers.
 *
 * @module
 */

import process from "node:process";
import { log } from "../../log/log.ts";

/**
 * Logs a line of a worker.
 *
 * @param level how bad it is
 * @param type what it is, for programs
 * @param worker its number, and its process
 * @param what the words behind its name
 * @param properties more of it, for programs
 */
export function logWorker(
  level: "info" | "warning" | "error",
  type: string,
  { number, pid }: { readonly number: number; readonly pid: number | undefined },
  what: string,
  properties: Record<string, unknown> = {},
): void {
  const text = `worker ${number} (process ${pid ?? "none"}) ${what}`;
  log(level, text, { type, worker: number, process: pid, ...properties });
}

/**
 * Has the log tell what the runtime warns of, in place of lines of the runtime's own. Of a socket that a worker had no
 * descriptor for Bun warns too; that is told with the worker's number.
 */
export function logRuntimeWarnings(): void {
  process.removeAllListeners("warning").on("warning", ({ name, message }) => {
    if (name !== "SentHandleNotReceivedWarning") {
      log("warning", `${name}: ${message}`, { type: "runtime-warning" });
    }
  });
}

/**
 * Logs events of workers.
 *
 * @module
 */

import process from "node:process";
import { log } from "../../log/log.ts";

/**
 * Logs a line about a worker.
 *
 * @param level the level
 * @param type the `type` in JSON
 * @param worker its number and process id
 * @param what what happened, to follow the worker's name
 * @param properties further JSON fields
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
 * Logs warnings of the runtime, which would otherwise print them itself. Skips Bun's warning about a socket that a worker
 * had no descriptor for: the pool logs that with the worker's number.
 */
export function logRuntimeWarnings(): void {
  process.removeAllListeners("warning").on("warning", ({ name, message }) => {
    if (name !== "SentHandleNotReceivedWarning") {
      log("warning", `${name}: ${message}`, { type: "runtime-warning" });
    }
  });
}

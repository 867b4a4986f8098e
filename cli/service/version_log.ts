/**
 * Logs what a version is, and what is doubtful about it: once for the service, not in every worker.
 *
 * @module
 */

import process from "node:process";
import config from "../../deno.json" with { type: "json" };
import type { SetupSummary } from "../config/setup_summary.ts";
import { log, logEvent } from "../log/log.ts";

/** Logs warnings about a version, before it is served. */
export function logWarnings({ spoolWarnings, orderWarnings }: SetupSummary): void {
  for (const reason of spoolWarnings) logEvent({ type: "spool-warning", reason });
  for (const warning of orderWarnings) log("warning", warning);
}

/** Logs that the service has started, with its filters. */
export function logStarted({ listeners }: SetupSummary): void {
  const chains = listeners.map(({ filters }) => filters.map(({ definition }) => definition).join(", "));
  const properties = { type: "started", version: config.version, pid: process.pid };
  log("info", `milterkit ${config.version} (process ${process.pid}) runs ${chains.join("; ")}`, properties);
}

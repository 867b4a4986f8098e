/**
 * Logs what a version is, and what is doubtful about it: once for the service, not in every worker.
 *
 * @module
 */

import process from "node:process";
import config from "../../deno.json" with { type: "json" };
import type { FilterSummary, SetupSummary } from "../config/setup_summary.ts";
import { log, logEvent } from "../log/log.ts";

/** Logs warnings about a version, before it is served. */
export function logWarnings({ spoolWarnings, orderWarnings }: SetupSummary): void {
  for (const reason of spoolWarnings) logEvent({ type: "spool-warning", reason });
  for (const warning of orderWarnings) log("warning", warning);
}

/** Logs that the service has started, with its filters: their labels, and the essence of their options. */
export function logStarted({ listeners, log: { redact } }: SetupSummary): void {
  // Options name addresses and networks; whoever leaves those out of the log wants no half of them.
  const isFull = redact.length === 0;
  const shown = listeners.map(({ addresses, filters }) => ({
    addresses,
    filters: filters.map(({ gist, ...filter }) => isFull ? { ...filter, gist } : filter),
  }));
  const chains = shown.map(({ filters }) => filters.map(filterText).join(", "));
  const properties = { type: "started", version: config.version, pid: process.pid, listeners: shown };
  log("info", `milterkit ${config.version} (process ${process.pid}) runs ${chains.join("; ")}`, properties);
}

/** Names a filter: `dkim-sign "outbound" (dry run; selector s1)`. */
function filterText({ definition, name, dryRun, gist = "" }: Partial<FilterSummary>): string {
  const label = name === definition ? "" : ` "${name}"`;
  const more = [dryRun ? "dry run" : "", gist].filter((text) => text !== "").join("; ");
  return `${definition}${label}${more === "" ? "" : ` (${more})`}`;
}

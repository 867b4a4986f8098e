/**
 * Turns what is observed of the service into the state that the page shows.
 *
 * @module
 */

import config from "../../../deno.json" with { type: "json" };
import type { ListenerSummary } from "../../config/setup_summary.ts";
import type { Totals } from "../totals.ts";
import { runningProgram } from "../running_program.ts";
import type { Readiness } from "../health.ts";
import type { ReloadCounts, WorkerCounts } from "../monitored_service.ts";
import type { ListenerState, ReloadState, ServiceState } from "./service_state.ts";

/** What is observed of the service. */
export interface ServiceFacts {
  /** The start time, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly connections: number;
  readonly totals: Pick<Totals, "custom" | "limits">;
  readonly readiness: Readiness;
  readonly workers: WorkerCounts | undefined;
  readonly reloads: ReloadCounts | undefined;
  readonly listeners: readonly ListenerSummary[];
}

/** Returns the current state. */
export function serviceState(facts: ServiceFacts): ServiceState {
  const { startedAt, readiness, connections, workers, listeners, totals, reloads } = facts;
  return {
    version: config.version,
    startedAt,
    // The number of ready workers already shows that none is ready.
    phase: readiness === "starting" || readiness === "stopping" ? readiness : "running",
    connections,
    workers: workers && workersState(workers),
    listeners: listeners.map(listenerState),
    custom: totals.custom.families,
    limits: totals.limits.list,
    reload: reloads && reloadState(reloads),
    restartNeeded: runningProgram?.notice,
  };
}

/** Returns the counts that the page shows; the others are for metrics only. */
function workersState(counts: WorkerCounts): ServiceState["workers"] {
  const { wanted, ready, restarts, lost, turnedAway, acceptFailures } = counts;
  return { wanted, ready, restarts, lost, turnedAway, acceptFailures };
}

function listenerState({ addresses, filters }: ListenerSummary): ListenerState {
  return {
    addresses,
    filters: filters.map(({ name, dryRun }) => ({ name, dryRun })),
  };
}

function reloadState({ lastGood, lastFailure }: ReloadCounts): ReloadState | undefined {
  if (lastFailure) return { at: lastFailure.at, failure: lastFailure.reason };
  return lastGood === undefined ? undefined : { at: lastGood, failure: undefined };
}

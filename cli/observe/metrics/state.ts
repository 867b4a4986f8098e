/**
 * Metrics of the state that filters keep.
 *
 * @module
 */

import { byKey, histogram, type Metric, single } from "./metric.ts";

/** Metrics of the state that filters such as rate-limit keep. */
export const STATE_METRICS: readonly Metric[] = [
  {
    name: "milterkit_state_calls_total",
    type: "counter",
    help: "Calls that filters made of their state, by method: get, set, delete, seen, take.",
    labels: ["method"],
    values: ({ totals }) => byKey("method", totals.state.calls),
  },
  single(
    "counter",
    "milterkit_state_failures_total",
    "Calls that the state did not answer in time.",
    ({ totals }) => totals.state.failed,
  ),
  single(
    "counter",
    "milterkit_state_fallbacks_total",
    "Calls that went without the state because it was unavailable.",
    ({ totals }) => totals.state.away,
  ),
  {
    name: "milterkit_state_call_duration_seconds",
    type: "histogram",
    help: "How long filters waited for their state; not with state in the memory of a single process.",
    labels: [],
    values: ({ totals }) => histogram("milterkit_state_call_duration_seconds", {}, totals.state.time),
  },
  single(
    "gauge",
    "milterkit_state_entries",
    "Entries of the state, in a file or in memory.",
    ({ state }) => state?.entries,
  ),
  single(
    "gauge",
    "milterkit_state_bytes",
    "Size of the state, on disk or in memory.",
    ({ state }) => state?.bytes,
  ),
];

/**
 * Metrics of processes, workers and reloads.
 *
 * @module
 */

import process from "node:process";
import config from "../../../deno.json" with { type: "json" };
import type { ProcessFigures } from "../process_report.ts";
import { runningProgram } from "../running_program.ts";
import { type Metric, type MetricSource, type Sample, single } from "./metric.ts";

/** Returns a function that collects one value per process name: a worker and its replacement count as one. */
function ofEach(figure: (figures: ProcessFigures) => number | undefined): (source: MetricSource) => Sample[] {
  return ({ totals }) => {
    const sums = new Map<string, number>();
    for (const { name, figures } of totals.figures) {
      const value = figure(figures);
      if (value !== undefined) sums.set(name, (sums.get(name) ?? 0) + value);
    }
    return [...sums].map(([name, value]) => ({ labels: { process: name }, value }));
  };
}

/** Metrics of processes, workers and reloads. */
export const PROCESS_METRICS: readonly Metric[] = [
  single(
    "gauge",
    "milterkit_ready",
    "1 while Milterkit accepts mail.",
    (source) => source.readiness === "ready" ? 1 : 0,
  ),
  single(
    "gauge",
    "milterkit_workers_wanted",
    "Configured number of workers; 0 if one process does everything.",
    ({ workers }) => workers?.wanted ?? 0,
  ),
  single(
    "gauge",
    "milterkit_workers_ready",
    "Workers that accept connections.",
    ({ workers }) => workers?.ready ?? 0,
  ),
  single(
    "gauge",
    "milterkit_workers_leaving",
    "Workers that were replaced and still have connections.",
    ({ workers }) => workers?.leaving ?? 0,
  ),
  single(
    "counter",
    "milterkit_worker_restarts_total",
    "Workers started to replace one that died.",
    ({ workers }) => workers?.restarts ?? 0,
  ),
  single(
    "gauge",
    "milterkit_connections_waiting",
    "Connections waiting for a worker.",
    ({ workers }) => workers?.waiting ?? 0,
  ),
  {
    name: "milterkit_reloads_total",
    type: "counter",
    help: "Reloads by SIGHUP or --watch; failed: the previous version stays in use.",
    labels: ["result"],
    values: ({ reloads }) => [
      { labels: { result: "good" }, value: reloads?.good ?? 0 },
      { labels: { result: "failed" }, value: reloads?.failed ?? 0 },
    ],
  },
  single(
    "gauge",
    "milterkit_last_reload_timestamp_seconds",
    "Time of the last successful reload, in seconds since 1970; absent before the first.",
    ({ reloads }) => reloads?.lastGood === undefined ? undefined : reloads.lastGood / 1000,
  ),
  {
    name: "milterkit_process_resident_memory_bytes",
    type: "gauge",
    help: "Resident memory of a process, including shared memory.",
    labels: ["process"],
    values: ofEach(({ resident }) => resident),
  },
  {
    name: "milterkit_process_heap_bytes",
    type: "gauge",
    help: "Memory of a process's JavaScript objects.",
    labels: ["process"],
    values: ofEach(({ heap }) => heap),
  },
  {
    name: "milterkit_process_open_fds",
    type: "gauge",
    help: "Open descriptors of a process; only on Linux.",
    labels: ["process"],
    values: ofEach(({ descriptors }) => descriptors),
  },
  {
    name: "milterkit_process_cpu_seconds_total",
    type: "counter",
    help: "Processor time of a process, including those that it replaced.",
    labels: ["process"],
    values: ({ totals }) =>
      [...totals.processor].map(([name, value]) => ({ labels: { process: name }, value })),
  },
  single(
    "gauge",
    "milterkit_start_timestamp_seconds",
    "Start time of the process, in seconds since 1970.",
    () => Math.round(performance.timeOrigin / 1000),
  ),
  single(
    "gauge",
    "milterkit_program_replaced",
    "1 if the program file was replaced after the start, as by an upgrade; restart to run the new version.",
    () => runningProgram?.isReplaced ? 1 : 0,
  ),
  {
    name: "milterkit_build_info",
    type: "gauge",
    help: "Always 1; version and runtime are labels.",
    labels: ["version", "runtime"],
    values: () => [{ labels: { version: config.version, runtime: runtime() }, value: 1 }],
  },
];

function runtime(): string {
  const { bun, deno, node } = process.versions as Record<string, string | undefined>;
  return bun ? `bun ${bun}` : deno ? `deno ${deno}` : `node ${node}`;
}

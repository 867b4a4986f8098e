/**
 * Metrics of processes, workers and versions.
 *
 * @module
 */

import process from "node:process";
import config from "../../../deno.json" with { type: "json" };
import type { ProcessFigures } from "../process_report.ts";
import { type Metric, type MetricSource, type Sample, single } from "./metric.ts";

/** One value for each name of a process: one that leaves and the one in its place are source as one. */
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

/** Metrics of processes, workers and versions. */
export const PROCESS_METRICS: readonly Metric[] = [
  single(
    "gauge",
    "milterkit_ready",
    "1 while mail is taken.",
    (source) => source.readiness === "ready" ? 1 : 0,
  ),
  single(
    "gauge",
    "milterkit_workers_wanted",
    "Workers that there are to be; 0 where one process does everything.",
    ({ workers }) => workers?.wanted ?? 0,
  ),
  single(
    "gauge",
    "milterkit_workers_ready",
    "Workers that take connections.",
    ({ workers }) => workers?.ready ?? 0,
  ),
  single(
    "gauge",
    "milterkit_workers_leaving",
    "Workers that were replaced by a new version and have connections still.",
    ({ workers }) => workers?.leaving ?? 0,
  ),
  single(
    "counter",
    "milterkit_worker_restarts_total",
    "Workers that were started in place of one that died.",
    ({ workers }) => workers?.restarts ?? 0,
  ),
  single(
    "gauge",
    "milterkit_connections_waiting",
    "Connections that wait for a worker.",
    ({ workers }) => workers?.waiting ?? 0,
  ),
  {
    name: "milterkit_reloads_total",
    type: "counter",
    help:
      "New versions by SIGHUP or --watch; failed: something was wrong with it, and the one before goes on.",
    labels: ["result"],
    values: ({ reloads }) => [
      { labels: { result: "good" }, value: reloads?.good ?? 0 },
      { labels: { result: "failed" }, value: reloads?.failed ?? 0 },
    ],
  },
  single(
    "gauge",
    "milterkit_last_reload_timestamp_seconds",
    "When the last new version was taken, in seconds since 1970; not there before the first.",
    ({ reloads }) => reloads?.lastGood === undefined ? undefined : reloads.lastGood / 1000,
  ),
  {
    name: "milterkit_process_resident_memory_bytes",
    type: "gauge",
    help: "Memory of a process, with what it shares.",
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
    help: "Open descriptors of a process; on Linux.",
    labels: ["process"],
    values: ofEach(({ descriptors }) => descriptors),
  },
  {
    name: "milterkit_process_cpu_seconds_total",
    type: "counter",
    help: "Processor time of a process, with that of those that it replaced.",
    labels: ["process"],
    values: ({ totals }) =>
      [...totals.processor].map(([name, value]) => ({ labels: { process: name }, value })),
  },
  single(
    "gauge",
    "milterkit_start_timestamp_seconds",
    "When the process was started, in seconds since 1970.",
    () => Math.round(performance.timeOrigin / 1000),
  ),
  {
    name: "milterkit_build_info",
    type: "gauge",
    help: "Always 1; what it is and what runs it.",
    labels: ["version", "runtime"],
    values: () => [{ labels: { version: config.version, runtime: runtime() }, value: 1 }],
  },
];

function runtime(): string {
  const { bun, deno, node } = process.versions as Record<string, string | undefined>;
  return bun ? `bun ${bun}` : deno ? `deno ${deno}` : `node ${node}`;
}

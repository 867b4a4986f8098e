/**
 * Single measurements: a server under load, and a server that holds connections.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Argv } from "../../tests/support/process.ts";
import type { Transport } from "./options.ts";
import { busySeconds, cpuSeconds, memoryBytes } from "./proc.ts";
import { run, start } from "./processes.ts";
import type { HeldResult, HeldState, LoadResult } from "./results.ts";
import { onCore, type Rig } from "./rig.ts";
import { type ServerProcess, startServer } from "./server_process.ts";
import type { Server } from "./servers.ts";
import { loadOf, type Workload } from "./workloads.ts";

/** How long the load generator waits for an answer, in seconds. */
const ANSWER_LIMIT = 10;
/** Maximum time to hold connections, in seconds: longer than a measurement takes. */
const HOLD_TIME = 60;
/** Maximum time to establish all of them, in milliseconds. */
const HOLD_START_LIMIT = 15_000;
/** How long to include what a server does after its last answer, in milliseconds. */
const AFTER_LOAD = 20;
/** How long to wait for memory to settle, after the start and after all connections are open, in milliseconds. */
const AFTER_START = 300;
const AFTER_HOLD = 700;
/** The load before a server has worked: how long, in seconds, and how long its garbage collection may take, in milliseconds. */
const WORK = loadOf({});
const WORK_TIME = 3;
const AFTER_WORK = 17_000;
/** What a server has had that has worked, for people. */
export const WORKED_TEXT = `${WORK_TIME} s of small messages and ${AFTER_WORK / 1000} s of rest`;

/** The outcomes of a message that passes. */
const PASSES = ["continue", "accept"];

/** The fields of the load generator's output that are used here. */
interface LoadReport {
  readonly messages: number;
  readonly seconds: number;
  readonly msg_per_s: number;
  readonly p50_us: number;
  readonly p99_us: number;
  readonly held: number;
  readonly errors: Readonly<Record<string, number>>;
  /** How many messages had which outcome. */
  readonly verdicts: Readonly<Record<string, number>>;
  readonly negotiated?: unknown;
}

/** Seconds to warm up what is not compiled as it runs, or ran before: until threads, buffers and caches are there. */
export const SHORT_WARM_UP = 0.1;

/**
 * How long to warm a server up, in seconds.
 *
 * @param longest how long one that was just started needs if its code is compiled as it runs
 */
export function warmUpOf({ warmsUp }: Pick<Server, "warmsUp">, isNew: boolean, longest: number): number {
  return isNew && warmsUp ? longest : Math.min(longest, SHORT_WARM_UP);
}

/** What to measure. */
export interface LoadJob {
  readonly round: number;
  readonly workload: Workload;
  readonly transport: Transport;
  readonly server: Server;
  readonly warm: number;
  readonly seconds: number;
}

/**
 * Measures a server under load.
 *
 * @throws if there is no figure
 */
export async function measureServing(rig: Rig, job: LoadJob, serving: ServerProcess): Promise<LoadResult> {
  const { round, workload, transport, server, warm, seconds } = job;
  const args = [...workload.load, ...(server.expects === undefined ? [] : ["--expect", server.expects])];
  const load = (time: number): Promise<Loaded> => applyLoad(rig, serving, args, time);
  // The load generator takes 0 seconds for "no end given".
  const warmed = warm > 0 ? await load(warm) : undefined;
  const cpuBefore = cpuSeconds(serving.pid);
  const busyBefore = rig.cores && busySeconds(rig.cores.server);
  const { report, errors, errorText } = await load(seconds);
  await sleep(AFTER_LOAD);
  const cpu = cpuSeconds(serving.pid) - cpuBefore;
  const busy = rig.cores && busySeconds(rig.cores.server) - busyBefore!;
  if (report.messages === 0) throw new Error(`no message was answered: ${errorText ?? "nothing came"}`);
  const refused = Object.keys(report.verdicts).filter((verdict) => !PASSES.includes(verdict));
  if (refused.length > 0) throw new Error(`messages did not pass: ${refused.join(", ")}`);
  return {
    kind: "load",
    round,
    workload: workload.name,
    transport,
    server: server.name,
    messages: report.messages,
    messagesPerSecond: report.msg_per_s,
    cpuMsPerMessage: 1000 * cpu / report.messages,
    p50Ms: report.p50_us / 1000,
    p99Ms: report.p99_us / 1000,
    coreShare: cpu / report.seconds,
    othersShare: busy === undefined ? undefined : Math.max(0, busy - cpu) / report.seconds,
    errors: errors + (warmed?.errors ?? 0),
    errorText: errorText ?? warmed?.errorText,
    negotiated: report.negotiated,
  };
}

interface Loaded {
  readonly report: LoadReport;
  readonly errors: number;
  readonly errorText: string | undefined;
}

async function applyLoad(
  rig: Rig,
  serving: ServerProcess,
  load: readonly string[],
  seconds: number,
): Promise<Loaded> {
  const times = ["-t", String(seconds), "--timeout", String(ANSWER_LIMIT)];
  const command: Argv = [rig.programs.miltbench, serving.address, ...load, ...times];
  const { output, errors } = await run(onCore(rig.cores?.load, command));
  return loaded(output, errors, serving);
}

function loaded(output: string, said: string, serving: ServerProcess): Loaded {
  if (output === "") throw new Error(`the load generator failed: ${said}`);
  const report: LoadReport = JSON.parse(output);
  const errors = Object.values(report.errors).reduce((total, count) => total + count, 0);
  // Usually it is the same sentence for every connection.
  const sentences = new Set(`${said}\n${serving.errors}`.split("\n").filter((line) => line !== ""));
  return { report, errors, errorText: errors > 0 ? [...sentences].join("; ") : undefined };
}

/**
 * Measures the memory of a server that holds connections after HELO.
 *
 * @param state what the server has done before
 * @throws if there is no figure
 */
export async function measureHeld(
  rig: Rig,
  server: Server,
  round: number,
  connections: number,
  state: HeldState,
): Promise<HeldResult | undefined> {
  const serving = await startServer(rig, server, "unix", {});
  if (!serving) return undefined;
  try {
    if (state === "worked") await applyLoad(rig, serving, WORK, WORK_TIME);
    await sleep(state === "worked" ? AFTER_WORK : AFTER_START);
    const before = memoryOf(serving);
    const times = ["-t", String(HOLD_TIME)];
    const command: Argv = [rig.programs.miltbench, serving.address, "--hold", String(connections), ...times];
    const holding = start(onCore(rig.cores?.load, command));
    for (let waited = 0; waited < HOLD_START_LIMIT && !holding.output && !holding.ended; waited += 50) {
      await sleep(50);
    }
    await sleep(AFTER_HOLD);
    const during = memoryOf(serving);
    await holding.kill();
    const { report: { held }, errors, errorText } = loaded(holding.output, holding.errors, serving);
    if (held === 0) throw new Error(`no connection was held: ${errorText ?? "nothing came"}`);
    return {
      kind: "held",
      round,
      server: server.name,
      state,
      held,
      residentMbBefore: before.resident / 1e6,
      residentMb: during.resident / 1e6,
      kbPerConnection: (during.own - before.own) / held / 1000,
      errors,
      errorText,
    };
  } finally {
    await serving.stop();
  }
}

function memoryOf({ pid }: ServerProcess): { resident: number; own: number } {
  return { resident: memoryBytes(pid, "Rss"), own: memoryBytes(pid, "Pss_Anon") };
}

/**
 * Measures state in a file: what a call costs a worker, how long calls wait under load, how large a million keys are, and how
 * they expire.
 *
 *     deno run -A scripts/state_bench.ts [--binary dist/milterkit] [--keys 1000000] [--seconds 20] [--write]
 *
 * --write puts the figures into docs/benchmark.md. The keeper is the executable's; workers are processes of Bun with the client
 * that workers have. An idle machine gives steadier figures: what an idle process sees meanwhile is shown with them. Exits with
 * 1 if a limit is missed.
 *
 * @module
 */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { KeeperClient } from "../lib/store/keeper/client.ts";
import { keeperPath } from "../lib/store/keeper/path.ts";
import { bunPath } from "./bun_path.ts";
import { cpuSeconds } from "./bench/proc.ts";
import { writeScriptSection } from "./bench/script_report.ts";
import type { Measured } from "./state_load.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values: options } = parseArgs({
  options: {
    binary: { type: "string", default: join(root, "dist/milterkit") },
    keys: { type: "string", default: "1000000" },
    seconds: { type: "string", default: "20" },
    write: { type: "boolean", default: false },
  },
});
const KEYS = Number(options.keys);
const SECONDS = Number(options.seconds);
/** Calls a second, of all workers together, and how many workers those are. */
const RATE = 5000;
const WORKERS = 2;
/** How many calls are made one after the other. */
const ASKED = 10_000;
/** Entries live an hour; those that are to expire are older. */
const AGE = 7_200_000;

const folder = mkdtempSync(join(tmpdir(), "milterkit-state-bench-"));

/** Runs a process of the measurement, and returns what it prints. */
function part<T>(...args: (string | number)[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = spawn(bunPath(), [join(root, "scripts/state_load.ts"), ...args.map(String)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout!.on("data", (chunk: Uint8Array) => text += new TextDecoder().decode(chunk));
    child.on(
      "close",
      (code) => code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`${args[0]}: ${code}`)),
    );
  });
}

/** Runs the keeper of a file while something is measured. */
async function withKeeper<T>(file: string, measure: (socket: string, pid: number) => Promise<T>): Promise<T> {
  const socket = keeperPath(file);
  const keeper: ChildProcess = spawn(options.binary, ["serve"], {
    env: { ...process.env, MILTERKIT_KEEPER: JSON.stringify({ file, socket }) },
    stdio: ["pipe", "inherit", "inherit", "ipc"],
  });
  await new Promise<void>((resolve, reject) => {
    keeper.once("message", () => resolve());
    keeper.once("exit", (code) => reject(new Error(`the keeper ended with ${code}`)));
  });
  try {
    return await measure(socket, keeper.pid!);
  } finally {
    const ended = new Promise((resolve) => keeper.once("exit", resolve));
    keeper.stdin!.end();
    await ended;
  }
}

interface Loaded {
  readonly workers: readonly Measured[];
  /** What a process that does nothing sees: the one that accepts connections never asks the state. */
  readonly idle: Measured["loop"];
  /** Processor time of the keeper for a call, in microseconds. */
  readonly keeperCpu: number;
  readonly resident: number;
}

async function underLoad(socket: string, pid: number): Promise<Loaded> {
  const before = cpuSeconds(pid);
  const [idle, ...workers] = await Promise.all([
    part<Measured["loop"]>("idle", SECONDS * 1000),
    ...Array.from(
      { length: WORKERS },
      () => part<Measured>("load", socket, KEYS, RATE / WORKERS, SECONDS * 1000),
    ),
  ]);
  const calls = workers.reduce((sum, worker) => sum + worker.calls, 0);
  const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
  return { workers, idle, keeperCpu: (cpuSeconds(pid) - before) * 1e6 / calls, resident };
}

interface Expired {
  readonly seconds: number;
  readonly longest: number;
}

/** Waits until all entries have gone, and asks meanwhile. */
async function whileExpiring(socket: string): Promise<Expired> {
  const client = new KeeperClient(socket, socket, { timeout: 10_000 });
  const start = performance.now();
  let longest = 0;
  for (let entries = KEYS; entries > KEYS / 1000;) {
    const asked = performance.now();
    ({ entries } = await client.info());
    longest = Math.max(longest, performance.now() - asked);
    await sleep(5);
    if (performance.now() - start > 600_000) throw new Error(`${entries} entries have not expired`);
  }
  await client.close();
  return { seconds: (performance.now() - start) / 1000, longest };
}

const file = join(folder, "state.db");
const old = join(folder, "old.db");
try {
  const started = loadavg()[0]!;
  const filled = await part<{ seconds: number }>("fill", file, KEYS, 0);
  const size = statSync(file).size;
  const { asked, loaded } = await withKeeper(file, async (socket, pid) => ({
    asked: await part<Record<"look-up" | "take", Measured>>("ask", socket, KEYS, ASKED),
    loaded: await underLoad(socket, pid),
  }));
  await part("fill", old, KEYS, AGE);
  const expired = await withKeeper(old, whileExpiring);
  report(started, filled.seconds, size, asked, loaded, expired);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function report(
  machineLoad: number,
  filled: number,
  size: number,
  asked: Record<"look-up" | "take", Measured>,
  { workers, idle, keeperCpu, resident }: Loaded,
  expired: Expired,
): void {
  const micros = (milliseconds: number) => `${Math.round(milliseconds * 1000)} µs`;
  const millis = (milliseconds: number) => `${milliseconds.toFixed(1)} ms`;
  const worst = (of: (worker: Measured) => number) => Math.max(...workers.map(of));
  const limits: readonly (readonly [what: string, value: number, limit: number, text: string])[] = [
    ["a look-up, median", asked["look-up"].p50, 0.1, micros(asked["look-up"].p50)],
    [`a take under ${RATE} a second, p99`, worst(({ p99 }) => p99), 5, millis(worst(({ p99 }) => p99))],
    [
      "a worker's event loop held up, longest",
      worst(({ loop }) => loop.longest),
      5,
      millis(worst(({ loop }) => loop.longest)),
    ],
  ];
  const verdict = (value: number, limit: number) => value <= limit ? "kept" : "**missed**";
  const text = `## State in a file

${
    KEYS.toLocaleString("en")
  } keys of rate-limit in one file; the keeper is the executable's, and ${WORKERS} workers ask it. The machine had a load of ${
    machineLoad.toFixed(1)
  } when this began (\`uptime\`), on ${execFileSync("nproc", { encoding: "utf8" }).trim()} processors.

| | | limit | |
|---|--:|--:|---|
${
    limits.map(([what, value, limit, shown]) =>
      `| ${what} | ${shown} | ${limit < 1 ? micros(limit) : `${limit} ms`} | ${verdict(value, limit)} |`
    ).join("\n")
  }

| | |
|---|--:|
| a take, one after the other, median / p99 | ${micros(asked.take.p50)} / ${micros(asked.take.p99)} |
| under ${RATE} a second: median / p99 / longest | ${micros(worst(({ p50 }) => p50))} / ${
    millis(worst(({ p99 }) => p99))
  } / ${millis(worst(({ longest }) => longest))} |
| processor time of a call, worker / keeper | ${Math.round(worst(({ cpu }) => cpu))} / ${
    Math.round(keeperCpu)
  } µs |
| event loop of a worker held up above 5 ms in ${SECONDS} s | ${worst(({ loop }) => loop.above5)} times |
| the same of a process that does nothing | ${idle.above5} times, longest ${millis(idle.longest)} |
| size of the file | ${(size / 1e6).toFixed(0)} MB, ${Math.round(size / KEYS)} bytes a key |
| memory of the keeper | ${(resident / 1e6).toFixed(0)} MB |
| filling the file, 1000 calls in a step | ${filled.toFixed(0)} s |
| all keys expire | gone after ${expired.seconds.toFixed(0)} s, the longest wait of a question meanwhile ${
    millis(expired.longest)
  } |

Repeat it: \`deno run -A scripts/state_bench.ts --write\`.
`;
  process.stdout.write(text);
  if (options.write) writeScriptSection("State in a file", text);
  if (limits.some(([, value, limit]) => value > limit)) process.exitCode = 1;
}

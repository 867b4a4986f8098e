/**
 * Measures memory for a large message that dkim-check verifies, against Debian's opendkim, and the cost of hostile messages
 * compared with an ordinary one. What ordinary messages take is measured by `deno task bench`.
 *
 *     deno run -A scripts/dkim_bench.ts [--binary dist/milterkit] [--only memory|hostile]
 *     (with --runtime deno or --runtime bun: from the sources, instead of the executable)
 *
 * Both query the same NSD for the key once and cache it.
 * Needs Debian's opendkim and nsd; an idle machine gives steadier figures.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startNsd, txtLine, zoneHead } from "../tests/dns/nsd.ts";
import { hostileMessages } from "../tests/auth/dkim/hostile.ts";
import { type Message, rsaKey } from "../tests/auth/dkim/support.ts";
import { type BenchFilter, signedMessage, startMilterkit, startOpendkim } from "./bench/dkim_filters.ts";
import { median } from "./bench/results.ts";
import { MilterLoad } from "./dkim_load.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values: options } = parseArgs({
  options: {
    binary: { type: "string", default: join(root, "dist/milterkit") },
    runtime: { type: "string" },
    only: { type: "string" },
  },
});
/** Bytes of a header field that a packet holds with its name. */
const LARGEST_FIELD = 60_000;

const folder = mkdtempSync(join(tmpdir(), "milterkit-dkim-bench-"));
const key = rsaKey();
const nsd = await startNsd({
  "example.org": zoneHead("example.org", 86_400) + txtLine("sel._domainkey", key.record),
});
const subjects: BenchFilter[] = [];
try {
  const ours = await startMilterkit("dkim-check", options, folder, nsd.address);
  subjects.push(ours);
  console.log(`milterkit: ${options.runtime ?? options.binary}`);
  if (wanted("memory")) {
    subjects.push(await startOpendkim(folder, nsd.port));
  }
  if (wanted("memory")) await memoryTable();
  if (wanted("hostile")) await hostileTable(ours);
} finally {
  for (const subject of subjects) await subject.stop();
  await nsd.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit();

function wanted(part: string): boolean {
  return options.only === undefined || options.only === part;
}

function signed(size: number): Message {
  return signedMessage(key, "example.org", "example.org", size);
}

// ---- measuring

/** Memory of a process in MB: now, or at its highest. */
function memoryOf(pid: number, what: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
}

function forgetHighest(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

async function memoryTable(): Promise<void> {
  const message = signed(100_000_000);
  for (const subject of subjects) {
    const load = await MilterLoad.open(subject.socket);
    const prepared = load.prepare(message);
    await sleep(500);
    const idle = memoryOf(subject.pid, "VmRSS");
    forgetHighest(subject.pid);
    await load.send(prepared);
    const passed = /dkim=pass/.test(load.lastResults);
    const highest = memoryOf(subject.pid, "VmHWM");
    load.close();
    console.log(
      `100 MB   ${subject.name.padEnd(9)} idle ${idle.toFixed(0)} MB, highest ${highest.toFixed(0)} MB: ` +
        `${(highest - idle).toFixed(0)} MB more${passed ? "" : " (NOT passed)"}`,
    );
  }
}

async function hostileTable(subject: BenchFilter): Promise<void> {
  const load = await MilterLoad.open(subject.socket);
  const rows: { what: string; ms: number; base: number; memory: number; result: string }[] = [];
  for (const { what, message, ordinary } of hostileMessages(key, LARGEST_FIELD)) {
    const base = await measure(load, subject, ordinary);
    const hostile = await measure(load, subject, message);
    rows.push({ what, ms: hostile.ms, base: base.ms, memory: hostile.memory, result: hostile.result });
  }
  load.close();
  console.log(
    "hostile message, beside the same message with one good signature (wall time, highest memory above before)",
  );
  for (const { what, ms, base, memory, result } of rows) {
    console.log(
      `${what.padEnd(44)} ${ms.toFixed(1).padStart(8)} ms  ordinary ${base.toFixed(1).padStart(7)} ms  x${
        (ms / base).toFixed(1).padStart(6)
      }  +${memory.toFixed(0).padStart(3)} MB  ${result}`,
    );
  }
}

async function measure(
  load: MilterLoad,
  subject: BenchFilter,
  message: Message,
): Promise<{ ms: number; memory: number; result: string }> {
  const prepared = load.prepare(message);
  const before = memoryOf(subject.pid, "VmRSS");
  forgetHighest(subject.pid);
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    await load.send(prepared);
    times.push(performance.now() - start);
  }
  const memory = memoryOf(subject.pid, "VmHWM") - before;
  const result = /dkim=\w+/.exec(load.lastResults)?.[0] ?? "";
  return { ms: median(times) ?? NaN, memory, result };
}

/**
 * Measures the processor time per message of a chain of three observing filters, compared with one.
 *
 *     deno run -A scripts/chain_bench.ts
 *
 * Bun serves both at the same time over unix sockets. They get the same messages in turn; the figures are medians of
 * the rounds. Exits with 1 if three filters cost more than 1.3 times one. Needs Linux.
 */

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { defineFilter, serve } from "../mod.ts";
import { median } from "./bench/results.ts";
import { bunPath } from "./bun_path.ts";
import { MilterLoad } from "./dkim_load.ts";

const LIMIT = 1.3;
const ROUNDS = 9;
const MESSAGES = 3000;
const SERVE = "--serve";

const observer = (name: string, answers: boolean) =>
  defineFilter({
    name,
    ...(answers ? {} : { verdicts: [] }),
    messageState: () => ({ fields: 0, bytes: 0 }),
    connect() {},
    helo() {},
    mail() {},
    rcpt() {},
    data() {},
    header(_field, { messageState }) {
      messageState.fields++;
    },
    eoh() {},
    body(chunk, { messageState }) {
      messageState.bytes += chunk.length;
    },
    eom() {},
    abort() {},
    close() {},
  });

const [mode, socket, count, answers] = process.argv.slice(2);
if (mode === SERVE) {
  const filters = Array.from({ length: Number(count) }, (_, i) => observer(`${i}`, answers === "yes"));
  await serve({ listen: `unix:${socket}`, filters });
} else {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-chain-bench-"));
  try {
    const kept = [await compare(folder, true), await compare(folder, false)];
    process.exitCode = kept.every(Boolean) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function compare(folder: string, answers: boolean): Promise<boolean> {
  const sides = await Promise.all([1, 3].map(async (count) => {
    const path = join(folder, `${count}-${answers}.sock`);
    const program = fileURLToPath(import.meta.url);
    const child = spawn(bunPath(), [program, SERVE, path, String(count), answers ? "yes" : "no"]);
    while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 20));
    const load = await MilterLoad.open(path);
    const headers = Array.from({ length: 10 }, (_, i): [string, string] => [`X-Field-${i}`, " some value"]);
    const message = load.prepare({ headers, body: "A line of text.\r\n".repeat(240) });
    return { child, load, message, rounds: [] as number[] };
  }));
  for (let round = -1; round < ROUNDS; round++) {
    for (const { child, load, message, rounds } of sides) {
      const before = ticksOf(child.pid!);
      for (let i = 0; i < MESSAGES; i++) await load.send(message);
      // The first one warms up.
      if (round >= 0) rounds.push(ticksOf(child.pid!) - before);
    }
  }
  for (const { child, load } of sides) {
    load.close();
    child.kill("SIGKILL");
  }
  const [one = NaN, three = NaN] = sides.map(({ rounds }) => median(rounds));
  const ratio = three / one;
  const what = answers ? "every event answered" : "no replies";
  console.log(`${what}: three observers cost ${ratio.toFixed(2)} of one (at most ${LIMIT})`);
  return ratio <= LIMIT;
}

/** Processor time of a process with all its threads, in the clock ticks of the system. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\) /, "").split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

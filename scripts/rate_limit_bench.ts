/**
 * Measures the processor time per message of a chain with `rate-limit` in front, compared with the same chain without it.
 *
 *     deno run -A scripts/rate_limit_bench.ts
 *
 * Bun serves them at the same time over unix sockets, with state in memory. They get the same messages in turn, of a
 * thousand logins; the figures are medians of the rounds. Exits with 1 if the chain with one limit costs more than 1.2 of the
 * chain without. Needs Linux.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { sizeLimit } from "../filters/size_limit/size_limit.ts";
import { rateLimit } from "../filters/rate_limit/rate_limit.ts";
import { defineFilter, make, serve } from "../mod.ts";
import { median } from "./bench/results.ts";
import { bunPath } from "./bun_path.ts";
import { MilterLoad, type PreparedMessage } from "./dkim_load.ts";

const LIMIT = 1.2;
const ROUNDS = 9;
const MESSAGES = 3000;
const LOGINS = 1000;
const SERVE = "--serve";

/** The limits of each chain. */
const CHAINS: readonly (readonly string[])[] = [[], ["1000000/1m"], ["1000000/1m", "900000000/1d"]];

/** A filter that looks at everything, as an antivirus scanner or a policy of one's own does. */
const observer = defineFilter({
  name: "observer",
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
});

interface Side {
  readonly child: ChildProcess;
  readonly load: MilterLoad;
  readonly messages: readonly PreparedMessage[];
  readonly rounds: number[];
}

const [mode, socket = "", ...limits] = process.argv.slice(2);
if (mode === SERVE) {
  const limited = limits.length === 0 ? [] : [await make(rateLimit, { limit: limits } as object)];
  const size = await make(sizeLimit, { max: "25MB" } as object);
  await serve({ listen: `unix:${socket}`, filters: [...limited, size, observer] });
} else {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-rate-limit-bench-"));
  try {
    process.exitCode = await compare(folder) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function compare(folder: string): Promise<boolean> {
  const sides = await Promise.all(CHAINS.map((limits) => start(folder, limits)));
  for (let round = -1; round < ROUNDS; round++) {
    for (const { child, load, messages, rounds } of sides) {
      const before = ticksOf(child.pid!);
      for (let i = 0; i < MESSAGES; i++) await load.send(messages[i % LOGINS]!);
      // The first one warms up.
      if (round >= 0) rounds.push(ticksOf(child.pid!) - before);
    }
  }
  for (const { child, load } of sides) {
    load.close();
    child.kill("SIGKILL");
  }
  const [without = NaN, one = NaN, two = NaN] = sides.map(({ rounds }) => median(rounds));
  const ratio = one / without;
  console.log(`one limit costs ${ratio.toFixed(2)} of the chain without (at most ${LIMIT})`);
  console.log(`two limits cost ${(two / without).toFixed(2)}`);
  return ratio <= LIMIT;
}

async function start(folder: string, limits: readonly string[]): Promise<Side> {
  const path = join(folder, `${limits.length}.sock`);
  const child = spawn(bunPath(), [fileURLToPath(import.meta.url), SERVE, path, ...limits], {
    stdio: "inherit",
  });
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 20));
  const load = await MilterLoad.open(path);
  const headers = Array.from({ length: 10 }, (_, i): [string, string] => [`X-Field-${i}`, " some value"]);
  const message = { headers, body: "A line of text.\r\n".repeat(240) };
  const messages = Array.from({ length: LOGINS }, (_, i) => load.prepare(message, `user${i}@example.org`));
  return { child, load, messages, rounds: [] };
}

/** Processor time of a process with all its threads, in the clock ticks of the system. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\) /, "").split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/**
 * Measures the processor time per message of a chain with `rate-limit` in front, compared with the same chain without it.
 *
 *     deno run -A scripts/rate_limit_bench.ts
 *
 * Bun serves them at the same time over unix sockets, by the program as it is run, with state in memory. They get the same
 * messages in turn, of a thousand logins; the figures are medians of the rounds. Exits with 1 if the chain with one limit costs more than 1.2 of the
 * chain without. Needs Linux.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { median } from "./bench/results.ts";
import { bunPath } from "./bun_path.ts";
import { MilterLoad, type PreparedMessage } from "./dkim_load.ts";

const LIMIT = 1.2;
const ROUNDS = 9;
const MESSAGES = 3000;
const LOGINS = 1000;
const BATCH = 50;

/** The limits of each chain. */
const CHAINS: readonly (readonly string[])[] = [[], ["1000000/1m"], ["1000000/1m", "900000000/1d"]];

/** A filter that looks at everything, as a policy of one's own does. */
const OBSERVER = `import { defineFilter } from "milterkit";
export default defineFilter({
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
`;

interface Side {
  readonly child: ChildProcess;
  readonly load: MilterLoad;
  readonly messages: readonly PreparedMessage[];
  readonly rounds: number[];
}

const folder = mkdtempSync(join(tmpdir(), "milterkit-rate-limit-bench-"));
try {
  writeFileSync(join(folder, "observer.ts"), OBSERVER);
  process.exitCode = await compare() ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

async function compare(): Promise<boolean> {
  const sides = await Promise.all(CHAINS.map((limits) => start(limits)));
  for (let round = -1; round < ROUNDS; round++) {
    const before = sides.map(({ child }) => ticksOf(child.pid!));
    // In turn, a few at a time, so that what else the machine does slows down all of them.
    for (let sent = 0; sent < MESSAGES; sent += BATCH) {
      for (const { load, messages } of sides) {
        for (let i = sent; i < sent + BATCH; i++) await load.send(messages[i % LOGINS]!);
      }
    }
    // The first one warms up.
    if (round >= 0) sides.forEach(({ child, rounds }, i) => rounds.push(ticksOf(child.pid!) - before[i]!));
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

async function start(limits: readonly string[]): Promise<Side> {
  const path = join(folder, `${limits.length}.sock`);
  const limited = limits.flatMap((limit) => ["--limit", limit]);
  const child = spawn(bunPath(), [
    fileURLToPath(new URL("../cli/main.ts", import.meta.url)),
    ...["serve", "--listen", `unix:${path}`, "--state", "memory", "--log-level", "warning"],
    ...(limits.length === 0 ? [] : ["--filter", "rate-limit", ...limited]),
    ...["--filter", "size-limit", "--max", "25MB", "--filter", join(folder, "observer.ts")],
  ], { stdio: "inherit" });
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

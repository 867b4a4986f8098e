/**
 * Measures the processor time per message of chains with `rate-limit` or `greylist` in front, compared with the same chain
 * without.
 *
 *     deno run -A scripts/rate_limit_bench.ts
 *
 * Bun serves them at the same time over unix sockets, by the program as it is run, with state in memory. They get the same
 * messages in turn, all over one connection, for `rate-limit` of a thousand logins; the figures are medians of the rounds.
 * `greylist` takes its DNS records from a file, so a lookup costs little. Exits with 1 if the chain with one limit costs more
 * than 1.2 of the chain without. Needs Linux.
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

/** A filter in front of the others, and whether its messages come from logins. */
interface Chain {
  readonly name: string;
  readonly front: readonly string[];
  readonly logins: boolean;
}

const GREYLIST = ["--filter", "greylist", "--dns-records", "records"];

const CHAINS: readonly Chain[] = [
  { name: "without", front: [], logins: true },
  { name: "one limit", front: ["--filter", "rate-limit", "--limit", "1000000/1m"], logins: true },
  {
    name: "two limits",
    front: ["--filter", "rate-limit", "--limit", "1000000/1m", "--limit", "900000000/1d"],
    logins: true,
  },
  { name: "greylist, nothing suspicious", front: GREYLIST, logins: false },
  // After a second it is known. A dry run looks up and notes the same, and lets the others see what comes earlier.
  {
    name: "greylist, all suspicious and known",
    front: [...GREYLIST, "--when", "always", "--check-spf-pass", "--delay", "1s", "--dry-run"],
    logins: false,
  },
];

/** What a client with a good name, and a sender whose domain allows it, have in the DNS. */
const RECORDS = `1.2.0.192.in-addr.arpa PTR client.example.test
client.example.test A 192.0.2.1
example.org v=spf1 ip4:192.0.2.0/24 -all
`;

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
  writeFileSync(join(folder, "records"), RECORDS);
  process.exitCode = await compare() ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

async function compare(): Promise<boolean> {
  const sides = await Promise.all(CHAINS.map((chain, i) => start(chain, join(folder, `${i}.sock`))));
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
  const [without = NaN, ...medians] = sides.map(({ rounds }) => median(rounds) ?? NaN);
  const ratios = medians.map((ticks) => ticks / without);
  for (const [i, ratio] of ratios.entries()) console.log(`${CHAINS[i + 1]!.name}: ${ratio.toFixed(2)}`);
  const [ratio = NaN] = ratios;
  console.log(`one limit may cost ${LIMIT} at most`);
  return ratio <= LIMIT;
}

async function start({ front, logins }: Chain, path: string): Promise<Side> {
  const child = spawn(bunPath(), [
    fileURLToPath(new URL("../cli/main.ts", import.meta.url)),
    ...["serve", "--listen", `unix:${path}`, "--state", "memory", "--log-level", "warning"],
    ...front,
    ...["--filter", "size-limit", "--max", "25MB", "--filter", join(folder, "observer.ts")],
  ], { stdio: "inherit", cwd: folder });
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 20));
  const load = await MilterLoad.open(path);
  const headers = Array.from({ length: 10 }, (_, i): [string, string] => [`X-Field-${i}`, " some value"]);
  const message = { headers, body: "A line of text.\r\n".repeat(240) };
  const messages = Array.from(
    { length: LOGINS },
    (_, i) => load.prepare(message, logins ? `user${i}@example.org` : undefined),
  );
  return { child, load, messages, rounds: [] };
}

/** Processor time of a process with all its threads, in the clock ticks of the system. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\) /, "").split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

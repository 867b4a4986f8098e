/**
 * Measures the gain of a second worker: messages per second through dkim-check and header-rewrite, alternating between
 * one worker and two.
 *
 *     deno run -A scripts/workers_bench.ts [--binary dist/milterkit] [--rounds 5] [--seconds 4]
 *
 * The load generator needs processor time, too. On a machine with two cores it competes with the workers, so its share
 * is shown with the figures. Exits with 1 if two workers handle less than 1.5 times what one does. Needs Linux and
 * Debian's nsd.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Message, rsaKey, signMessage } from "../tests/auth/dkim/support.ts";
import { startNsd, txtLine, zoneHead } from "../tests/dns/nsd.ts";
import { cpuSeconds } from "./bench/proc.ts";
import { median } from "./bench/results.ts";
import { MilterLoad } from "./dkim_load.ts";

const LIMIT = 1.5;
const CONNECTIONS = 16;
const LINE = "The quick brown fox jumps over the lazy dog, then rests a while.\r\n";

const { values: options } = parseArgs({
  options: {
    binary: { type: "string", default: fileURLToPath(new URL("../dist/milterkit", import.meta.url)) },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
  },
});
const seconds = Number(options.seconds);

interface Round {
  readonly rate: number;
  /** Of one core, what the load generator took. */
  readonly loadShare: number;
  /** Of one core, what the workers took together. */
  readonly serverShare: number;
}

const folder = mkdtempSync(join(tmpdir(), "milterkit-workers-bench-"));
const key = rsaKey();
const nsd = await startNsd({
  "example.org": zoneHead("example.org", 86_400) + txtLine("sel._domainkey", key.record),
});
const rounds: { readonly one: Round; readonly two: Round }[] = [];
try {
  for (let round = 0; round < Number(options.rounds); round++) {
    rounds.push({ one: await measure(1), two: await measure(2) });
  }
} finally {
  await nsd.stop();
  rmSync(folder, { recursive: true, force: true });
}
const sides = [[1, rounds.map(({ one }) => one)], [2, rounds.map(({ two }) => two)]] as const;
for (const [workers, measured] of sides) {
  const of = (name: keyof Round) => median(measured.map((round) => round[name])) ?? NaN;
  console.log(
    `--workers ${workers}: ${of("rate").toFixed(0)} messages/s; of a core, workers took ${
      of("serverShare").toFixed(2)
    }, the load generator ${of("loadShare").toFixed(2)}`,
  );
}
const ratio = median(rounds.map(({ one, two }) => two.rate / one.rate)) ?? NaN;
console.log(
  `two against one: ${ratio.toFixed(2)} (at least ${LIMIT}: ${ratio >= LIMIT ? "kept" : "MISSED"})`,
);
process.exit(ratio >= LIMIT ? 0 : 1);

async function measure(workers: number): Promise<Round> {
  const socket = join(folder, `${workers}.sock`);
  const child = spawn(options.binary, [
    ...["serve", "--listen", `unix:${socket}`, "--workers", String(workers), "--log-level", "error"],
    ...["--filter", "dkim-check", "--dns-server", nsd.address, "--authserv-id", "mx.example.test"],
    ...["--filter", "header-rewrite", "--add", "X-Checked: yes"],
  ], { stdio: ["ignore", "inherit", "inherit"] });
  try {
    while (!existsSync(socket)) await sleep(20);
    const loads = await Promise.all(Array.from({ length: CONNECTIONS }, () => MilterLoad.open(socket)));
    // Compilers are done, and the key is known.
    await send(loads, 2);
    const before = [cpuSeconds(child.pid!), process.cpuUsage()] as const;
    const start = performance.now();
    const messages = await send(loads, seconds);
    const took = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(before[1]);
    for (const load of loads) load.close();
    return {
      rate: messages / took,
      serverShare: (cpuSeconds(child.pid!) - before[0]) / took,
      loadShare: (user + system) / 1e6 / took,
    };
  } finally {
    const ended = new Promise((resolve) => child.on("close", resolve));
    child.kill("SIGINT");
    await ended;
  }
}

/** Sends on all connections for so many seconds; gives the number of messages. */
async function send(loads: readonly MilterLoad[], time: number): Promise<number> {
  const end = performance.now() + time * 1000;
  let messages = 0;
  await Promise.all(loads.map(async (load) => {
    const prepared = load.prepare(signed());
    while (performance.now() < end) {
      await load.send(prepared);
      messages++;
    }
    if (!/dkim=pass/.test(load.lastResults)) throw new Error(`not passed: ${load.lastResults}`);
  }));
  return messages;
}

function signed(): Message {
  const message: Message = {
    headers: [
      ["From", " Someone <someone@example.org>"],
      ["To", " Other <other@example.test>"],
      ["Subject", " a message of some size"],
      ["Date", " Mon, 6 Oct 2025 10:00:00 +0000"],
      ["Message-ID", " <1234567890@example.org>"],
    ],
    body: LINE.repeat(400),
  };
  return signMessage(message, { key, tags: { h: "from:to:subject:date:message-id" } });
}

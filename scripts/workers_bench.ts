/**
 * Measures the gain of a second worker, and what it takes: messages per second and processor time per message through
 * dkim-check and header-rewrite, alternating between one worker and two.
 *
 *     deno run -A scripts/workers_bench.ts [--binary dist/milterkit] [--rounds 5] [--seconds 3] [--size 26400]
 *
 * The load generator needs processor time, too. On a machine with two cores it competes with the workers, so its share
 * is shown with the figures. Exits with 1 if two workers handle less than 1.5 times what one does, or take more than 1.1
 * times its processor time for a message. Needs Linux and Debian's nsd.
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

/** The least of messages per second, and the most of processor time per message, of two workers against one. */
const LIMITS = { rate: 1.5, cpu: 1.1 } as const;
const CONNECTIONS = 16;
/** Messages for each worker before the first round. */
const WARM_UP = 20_000;
const LINE = "The quick brown fox jumps over the lazy dog, then rests a while.\r\n";

const { values: options } = parseArgs({
  options: {
    binary: { type: "string", default: fileURLToPath(new URL("../dist/milterkit", import.meta.url)) },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    size: { type: "string", default: "26400" },
  },
});
const seconds = Number(options.seconds);

/** A running service that has had mail. */
interface Service {
  readonly pid: number;
  readonly loads: readonly MilterLoad[];
  stop(): Promise<void>;
}

interface Round {
  readonly rate: number;
  /** Of all processes of the service, in milliseconds. */
  readonly cpuPerMessage: number;
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
const message = signed();
const services: Service[] = [];
const rounds: { readonly one: Round; readonly two: Round }[] = [];
try {
  for (const workers of [1, 2]) services.push(await startService(workers));
  const [one, two] = services as [Service, Service];
  for (let round = 0; round < Number(options.rounds); round++) {
    rounds.push({ one: await measure(one), two: await measure(two) });
  }
} finally {
  for (const service of services) await service.stop();
  await nsd.stop();
  rmSync(folder, { recursive: true, force: true });
}
const sides = [[1, rounds.map(({ one }) => one)], [2, rounds.map(({ two }) => two)]] as const;
for (const [workers, measured] of sides) {
  const of = (name: keyof Round) => median(measured.map((round) => round[name])) ?? NaN;
  console.log(
    `--workers ${workers}: ${of("rate").toFixed(0)} messages/s, CPU ${
      of("cpuPerMessage").toFixed(3)
    } ms each; ` +
      `of a core, workers took ${of("serverShare").toFixed(2)}, the load generator ${
        of("loadShare").toFixed(2)
      }`,
  );
}
const ratioOf = (name: keyof Round) => median(rounds.map(({ one, two }) => two[name] / one[name])) ?? NaN;
const [rate, cpu] = [ratioOf("rate"), ratioOf("cpuPerMessage")];
const [isFaster, isCheap] = [rate >= LIMITS.rate, cpu <= LIMITS.cpu];
console.log(`messages/s, two against one: ${rate.toFixed(2)} (at least ${LIMITS.rate}: ${judged(isFaster)})`);
console.log(
  `CPU per message, two against one: ${cpu.toFixed(2)} (at most ${LIMITS.cpu}: ${judged(isCheap)})`,
);
process.exit(isFaster && isCheap ? 0 : 1);

function judged(isKept: boolean): string {
  return isKept ? "kept" : "MISSED";
}

/**
 * Starts a service and sends it mail until its compilers are done: each worker compiles what it uses, in threads that take
 * the cores from the workers meanwhile.
 */
async function startService(workers: number): Promise<Service> {
  const socket = join(folder, `${workers}.sock`);
  const child = spawn(options.binary, [
    ...["serve", "--listen", `unix:${socket}`, "--workers", String(workers), "--log-level", "error"],
    ...["--filter", "dkim-check", "--dns-server", nsd.address, "--authserv-id", "mx.example.test"],
    ...["--filter", "header-rewrite", "--add", "X-Checked: yes"],
  ], { stdio: ["ignore", "inherit", "inherit"] });
  const ended = new Promise((resolve) => child.on("close", resolve));
  const stop = async (): Promise<void> => {
    child.kill("SIGINT");
    await ended;
  };
  try {
    while (!existsSync(socket)) await sleep(20);
    const loads = await Promise.all(Array.from({ length: CONNECTIONS }, () => MilterLoad.open(socket)));
    await send(loads, ({ messages }) => messages < workers * WARM_UP);
    return { pid: child.pid!, loads, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function measure({ pid, loads }: Service): Promise<Round> {
  const before = [cpuSeconds(pid), process.cpuUsage()] as const;
  const start = performance.now();
  const messages = await send(loads, ({ time }) => time < seconds * 1000);
  const took = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before[1]);
  const cpu = cpuSeconds(pid) - before[0];
  return {
    rate: messages / took,
    cpuPerMessage: cpu * 1000 / messages,
    serverShare: cpu / took,
    loadShare: (user + system) / 1e6 / took,
  };
}

/** Sends on all connections for so long; gives the number of messages. */
async function send(
  loads: readonly MilterLoad[],
  isOn: (sofar: { readonly messages: number; readonly time: number }) => boolean,
): Promise<number> {
  const start = performance.now();
  let messages = 0;
  await Promise.all(loads.map(async (load) => {
    const prepared = load.prepare(message);
    while (isOn({ messages, time: performance.now() - start })) {
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
    body: LINE.repeat(Math.ceil(Number(options.size) / LINE.length)),
  };
  return signMessage(message, { key, tags: { h: "from:to:subject:date:message-id" } });
}

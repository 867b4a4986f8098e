/**
 * A soak test: a long run that mixes everything that can happen to a filter. Messages are aborted, cut and refused;
 * connections send garbage or disappear; callbacks throw, reject, hang and return garbage. Nothing may leak.
 *
 *     deno task soak [--messages 1000000] [--runtime binary|deno|bun] [--seed N] [--connections 40]
 *     (--binary: the executable; --every: seconds between progress lines; --memory no: skip the memory check, for runs
 *     too short for it)
 *
 * Checks that resident memory does not keep growing after the first tenth, that open descriptors are the same before
 * and after, that the filter's state is released, that good messages get the right answers, and that the program
 * reports no internal error. Exits with 1 if any check fails. Needs Linux.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MtaClient } from "../lib/mta/client.ts";
import type { Argv } from "../tests/support/process.ts";
import { findDeno } from "../tests/support/runtime.ts";
import { bunPath } from "./bun_path.ts";
import { Scripts, SoakConnection, type SoakOwner } from "./soak/connection.ts";
import { Plan } from "./soak/plan.ts";
import { newSeed } from "../tests/support/random.ts";
import { figuresOf } from "./soak/process_figures.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values: options } = parseArgs({
  options: {
    messages: { type: "string", default: "1000000" },
    runtime: { type: "string", default: "binary" },
    binary: { type: "string", default: join(root, "dist/milterkit") },
    connections: { type: "string", default: "40" },
    seed: { type: "string", default: String(newSeed()) },
    every: { type: "string", default: "10" },
    memory: { type: "string", default: "yes" },
  },
});

const MB = 1_000_000;
const MESSAGES = Number(options.messages);
/** Memory may grow by this share and these bytes from the first tenth to the end. */
const GROWTH_SHARE = 0.1;
const GROWTH_BYTES = 10 * MB;
/** How long to wait for the program to become idle, in milliseconds. */
const SETTLE = 1500;

/** What the filter counted. */
interface Counts {
  connections: number;
  closed: number;
  messages: number;
  ended: number;
  aborted: number;
  collected: number;
  heapUsed: number;
}

const folder = mkdtempSync(join(tmpdir(), "milterkit-soak-"));
const socket = join(folder, "milter.sock");
let code = 1;
try {
  code = await soak();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(code);

function command(): Argv {
  const programs: Readonly<Record<string, Argv>> = {
    binary: [options.binary],
    deno: [findDeno() ?? "deno", "run", "-A", join(root, "cli/main.ts")],
    bun: [bunPath(), join(root, "cli/main.ts")],
  };
  const program = programs[options.runtime];
  if (!program) throw new Error(`--runtime ${options.runtime}: it is binary, deno or bun`);
  return [
    ...program,
    ...["serve", "--listen", `unix:${socket}`, "--log-format", "json", "--log-level", "warning"],
    ...["--filter", "size-limit", "--max", "100kB"],
    ...["--filter", "header-rewrite", "--add", "X-Soak: {i}", "--remove", "X-Spam"],
    ...["--filter", join(root, "scripts/soak/counting_filter.ts")],
  ];
}

/** The program under test, and what it logs by type. */
async function start(logged: Map<string, number>, mistakes: string[]): Promise<ChildProcess> {
  const [program, ...args] = command();
  if (!existsSync(program)) throw new Error(`There is no ${program}; run: npx -y deno@2.9.6 task compile`);
  mkdirSync(join(folder, "node_modules"));
  const child = spawn(program, args, { cwd: folder, stdio: ["ignore", "inherit", "pipe"] });
  createInterface({ input: child.stderr! }).on("line", (line) => {
    let type = "no record";
    try {
      type = String(JSON.parse(line).type);
    } catch {
      // judged below
    }
    logged.set(type, (logged.get(type) ?? 0) + 1);
    if (type !== "filter-error" && type !== "protocol-error" && mistakes.length < 10) mistakes.push(line);
  });
  for (let waited = 0; !existsSync(socket); waited += 20) {
    if (waited > 20_000 || child.exitCode !== null) {
      throw new Error(`${program} does not listen: ${mistakes.join("\n")}`);
    }
    await sleep(20);
  }
  return child;
}

/** Asks the filter; the connection that asks is not in the counts. */
async function askCounts(): Promise<Counts> {
  const client = await MtaClient.open(`unix:${socket}`);
  const answer = await client.connect({ hostname: "counts.invalid", family: "unknown" });
  client.quit();
  const counts = JSON.parse(answer.reply!.lines.join("")) as Counts;
  return { ...counts, connections: counts.connections - 1 };
}

async function soak(): Promise<number> {
  const logged = new Map<string, number>();
  const mistakes: string[] = [];
  const child = await start(logged, mistakes);
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const pid = child.pid!;
  try {
    await askCounts();
    await sleep(SETTLE);
    const before = figuresOf(pid);
    say(`soak: ${MESSAGES} messages through ${options.runtime}, --seed ${options.seed}`);
    say(`before: RSS ${mb(before.rss)}, ${before.descriptors} descriptors`);
    const run = await send(pid);
    await sleep(SETTLE);
    // What the collection at one question lets go of is counted after it.
    await askCounts();
    await sleep(SETTLE);
    const counts = await askCounts();
    await sleep(SETTLE);
    const after = figuresOf(pid);
    report(run, before, after, counts, logged);
    const problems = judge(run, before, after, counts, mistakes);
    for (const problem of problems) say(`WRONG: ${problem}`);
    say(problems.length === 0 ? "verdict: nothing leaked" : "verdict: FAILED");
    return problems.length === 0 ? 0 : 1;
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

/** What came of the messages. */
interface Run {
  readonly outcomes: Map<string, number>;
  readonly wrong: Map<string, number>;
  readonly seconds: number;
  /** Resident memory once a tenth was sent. */
  readonly warm: number;
  /** Connections that were opened, and questions that were asked. */
  readonly opened: number;
  readonly asked: number;
}

async function send(pid: number): Promise<Run> {
  const outcomes = new Map<string, number>();
  const wrong = new Map<string, number>();
  const open = new Set<SoakConnection>();
  const scripts = new Scripts();
  const began = performance.now();
  let [taken, over, opened, asked, warm] = [0, 0, 0, 0, 0];
  let done = () => {};
  const finished = new Promise<void>((resolve) => done = resolve);
  const count = (map: Map<string, number>, key: string) => void map.set(key, (map.get(key) ?? 0) + 1);
  const connect = () => {
    opened++;
    open.add(new SoakConnection(socket, owner, scripts));
  };
  const owner: SoakOwner = {
    plan: new Plan(Number(options.seed)),
    take: () => taken < MESSAGES && ++taken > 0,
    over(outcome) {
      over++;
      count(outcomes, outcome);
      if (over === Math.ceil(MESSAGES / 10)) warm = figuresOf(pid).rss;
    },
    wrong: (what) => count(wrong, what),
    gone(connection) {
      open.delete(connection);
      if (taken < MESSAGES) connect();
      else if (open.size === 0) done();
    },
  };
  let last = { over: 0, at: began };
  let asking = Promise.resolve();
  const progress = async () => {
    const now = performance.now();
    const rate = (over - last.over) / (now - last.at) * 1000;
    last = { over, at: now };
    asked++;
    const { connections, closed, messages, ended, aborted, heapUsed } = await askCounts();
    const { rss, descriptors } = figuresOf(pid);
    say(
      `${((now - began) / 1000).toFixed(0)} s: ${over} messages, ${rate.toFixed(0)}/s; RSS ${mb(rss)}, ` +
        `heap ${mb(heapUsed)}; ${descriptors} descriptors, ${open.size} connections; ` +
        `states held: ${connections - closed} of connections, ${messages - ended - aborted} of messages`,
    );
  };
  const lines = setInterval(() => asking = progress(), Number(options.every) * 1000);
  const times = setInterval(() => {
    const now = performance.now();
    for (const connection of open) connection.checkTime(now);
  }, 1000);
  for (let i = 0; i < Number(options.connections); i++) connect();
  await finished;
  clearInterval(lines);
  clearInterval(times);
  await asking;
  return { outcomes, wrong, seconds: (performance.now() - began) / 1000, warm, opened, asked };
}

type Figures = ReturnType<typeof figuresOf>;

function report(
  run: Run,
  before: Figures,
  after: Figures,
  counts: Counts,
  logged: Map<string, number>,
): void {
  const list = (map: Map<string, number>) =>
    [...map].sort(([, a], [, b]) => b - a).map(([what, times]) => `${what} ${times}`).join(", ");
  say(
    `sent: ${run.seconds.toFixed(1)} s, ${
      (MESSAGES / run.seconds).toFixed(0)
    } messages/s, ${run.opened} connections`,
  );
  say(`outcomes: ${list(run.outcomes)}`);
  say(`logged: ${list(logged)}`);
  say(
    `memory: RSS ${mb(before.rss)} before, ${mb(run.warm)} after a tenth, ${mb(after.rss)} at the end, ` +
      `${mb(after.peak)} highest; heap ${mb(counts.heapUsed)}`,
  );
  say(`descriptors: ${before.descriptors} before, ${after.descriptors} after`);
  say(
    `states of connections: ${counts.connections} made, ${counts.closed} let go; of messages: ${counts.messages} made, ` +
      `${counts.ended} ended, ${counts.aborted} aborted, ${counts.collected} collected`,
  );
  say(`processor time: ${(after.cpu - before.cpu).toFixed(1)} s`);
}

function judge(
  run: Run,
  before: Figures,
  after: Figures,
  counts: Counts,
  mistakes: readonly string[],
): string[] {
  const problems = [...run.wrong].map(([what, times]) => `${times} times: ${what}`);
  problems.push(...mistakes.map((line) => `it says: ${line}`));
  if (after.descriptors !== before.descriptors) {
    problems.push(`descriptors: ${before.descriptors} before, ${after.descriptors} after`);
  }
  if (counts.connections !== counts.closed) problems.push("states of connections are left over");
  if (counts.messages !== counts.ended + counts.aborted) problems.push("states of messages are left over");
  // The newest may be held by what is not overwritten yet; a leak would hold a share of all.
  const held = counts.messages - counts.collected;
  if (options.runtime !== "deno" && held > 100 + counts.messages / 100) {
    problems.push(`${held} states of messages are still held in memory`);
  }
  const most = run.warm * (1 + GROWTH_SHARE) + GROWTH_BYTES;
  if (options.memory !== "no" && after.rss > most) {
    problems.push(
      `memory: ${mb(after.rss)} at the end, ${mb(run.warm)} after a tenth; at most ${mb(most)} is flat`,
    );
  }
  const good = run.outcomes.get("accepted") ?? 0;
  if (good < MESSAGES / 2) problems.push(`only ${good} messages were accepted`);
  return problems;
}

function mb(bytes: number): string {
  return `${(bytes / MB).toFixed(1)} MB`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

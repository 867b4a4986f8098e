/**
 * Attacks filters with hostile peers: ours, one on C libmilter, and opendkim. Each kind of peer attacks a freshly started
 * filter while a good client sends mail all the time.
 *
 *     deno task hostile [--seconds 10] [--kind "header flood"] [--binary dist/milterkit] [--markdown FILE]
 *
 * Prints a line for each kind and filter: whether the process survived, the outcome and duration of the good mail, the
 * memory before, at its peak and after, and leaked descriptors. Exits with 1 if ours dies or good mail through it fails.
 * Needs Linux. All traffic stays on 127.0.0.1.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { freePort } from "../tests/support/ports.ts";
import { type Contestant, contestants } from "./hostile/contestants.ts";
import { type GoodMail, sendGoodMail, trySend } from "./hostile/good_client.ts";
import { type Kind, KINDS } from "./hostile/peers.ts";
import { figuresOf, type ProcessFigures } from "./soak/process_figures.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "10" },
    kind: { type: "string", multiple: true, default: Object.keys(KINDS) },
    binary: { type: "string", default: join(root, "dist/milterkit") },
    markdown: { type: "string" },
  },
});
const SECONDS = Number(options.seconds);
/** How long peers are at work before good mail is sent, in milliseconds. */
const LEAD = 1000;
/** How long a filter has to get rid of them, and to become quiet then, in milliseconds. */
const RELEASE = 10_000;
const SETTLE = 1000;
/** How often memory is looked at, in milliseconds. */
const LOOK_INTERVAL = 100;

/** What was seen of one filter with one kind of peers. */
interface Result {
  readonly kind: Kind;
  readonly name: string;
  /** Whether the process still lives, and serves. */
  readonly lives: boolean;
  readonly serves: boolean;
  readonly mail: GoodMail;
  readonly before: ProcessFigures;
  readonly highest: number;
  readonly after: ProcessFigures | undefined;
}

const folder = mkdtempSync(join(tmpdir(), "milterkit-hostile-"));
const results: Result[] = [];
try {
  if (!existsSync(options.binary)) throw new Error(`There is no ${options.binary}; run: deno task compile`);
  const filters = contestants(folder, options.binary, (reason) => console.log(reason));
  for (const { name, version } of filters) console.log(`${name}: ${version}`);
  for (const kind of options.kind as Kind[]) {
    if (!(kind in KINDS)) throw new Error(`--kind ${kind}: it is one of ${Object.keys(KINDS).join(", ")}`);
    console.log(`${kind}: ${KINDS[kind]}`);
    for (const filter of filters) {
      const result = await measure(filter, kind);
      results.push(result);
      console.log(`  ${filter.name.padEnd(12)} ${cells(result).join("; ")}`);
    }
  }
  if (options.markdown) writeFileSync(options.markdown, markdown(filters));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const ours = results.filter(({ name }) => name === "Milterkit");
process.exit(ours.every(({ lives, serves, mail }) => lives && serves && mail.failures.size === 0) ? 0 : 1);

async function measure(filter: Contestant, kind: Kind): Promise<Result> {
  const port = await freePort();
  const address = `inet:${port}@127.0.0.1`;
  const [program, ...args] = filter.command(port);
  const child = spawn(program, args, { stdio: "ignore" });
  let hostile: ChildProcess | undefined;
  try {
    await comesUp(address, child);
    await sendGoodMail(address, 1);
    await sleep(LEAD);
    const before = figuresOf(child.pid!);
    hostile = spawn(process.execPath, [
      ...["run", "-A", join(root, "scripts/hostile/peers.ts"), kind, String(port)],
    ], { stdio: ["ignore", "ignore", "inherit"] });
    await sleep(LEAD);
    let highest = before.rss;
    const looking = setInterval(() => highest = Math.max(highest, figures(child)?.rss ?? 0), LOOK_INTERVAL);
    const mail = await sendGoodMail(address, SECONDS);
    clearInterval(looking);
    await killed(hostile);
    for (
      let waited = 0;
      (figures(child)?.descriptors ?? 0) > before.descriptors && waited < RELEASE;
      waited += 100
    ) {
      await sleep(100);
    }
    await sleep(SETTLE);
    const after = figures(child);
    const serves = await trySend(address) === undefined;
    return { kind, name: filter.name, lives: after !== undefined, serves, mail, before, highest, after };
  } finally {
    if (hostile) await killed(hostile);
    await killed(child);
  }
}

async function comesUp(address: string, child: ChildProcess): Promise<void> {
  for (let waited = 0; await trySend(address) !== undefined; waited += 50) {
    if (waited > 10_000 || child.exitCode !== null) {
      throw new Error(`${child.spawnargs.join(" ")} does not serve`);
    }
    await sleep(50);
  }
}

function figures(child: ChildProcess): ProcessFigures | undefined {
  if (child.exitCode !== null || child.signalCode !== null) return undefined;
  try {
    return figuresOf(child.pid!);
  } catch {
    return undefined; // gone this very moment
  }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGKILL");
  await ended;
}

/** What a table says of a result. */
function cells({ lives, serves, mail, before, highest, after }: Result): string[] {
  const mb = (bytes: number | undefined) => bytes === undefined ? "-" : (bytes / 1e6).toFixed(0);
  const failed = [...mail.failures].map(([why, count]) => `${count} ${why}`).join(", ");
  return [
    !lives ? "dies" : serves ? "lives" : "lives, serves nobody",
    `${mail.sent - mail.times.count} of ${mail.sent} failed${failed ? ` (${failed})` : ""}`,
    mail.times.count === 0
      ? "-"
      : `p50 ${mail.times.percentile(50).toFixed(1)} ms, p99 ${mail.times.percentile(99).toFixed(1)} ms`,
    `${mb(before.rss)} → ${mb(highest)} → ${mb(after?.rss)} MB`,
    after ? `${after.descriptors - before.descriptors} descriptors left` : "-",
    after ? `${(after.cpu - before.cpu).toFixed(1)} s of processor time` : "-",
  ];
}

function markdown(filters: readonly Contestant[]): string {
  const lines = [
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${
      cpus()[0]?.model.trim()
    }), Linux ${release()}, ` +
    `${SECONDS} s each. ${filters.map(({ name, version }) => `${name}: ${version}`).join("; ")}.`,
    "",
    "| peers | filter | process | good mail | time of good mail | memory before → highest → after | descriptors left | processor time |",
    "|---|---|---|---|---|---|---|---|",
    ...results.map((result) => {
      // The head of the table has these words.
      const texts = cells(result).map((text) => text.replace(/ descriptors left| of processor time/, ""));
      return `| ${result.kind} | ${result.name} | ${texts.join(" | ")} |`;
    }),
  ];
  return lines.join("\n") + "\n";
}

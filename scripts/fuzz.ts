/**
 * Fuzzes everything that reads input from outside with random input, and checks that its properties hold.
 *
 *     deno task fuzz [--time 60s] [--target NAME]... [--seed N] [--json]
 *     deno task fuzz --list
 *
 * Each target runs in its own process, one per core at a time, and they share the time. A failing case is minimized and
 * saved below `tests/fuzz/found/`, where every test run repeats it. Exits with 1 if anything was found.
 */

import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { escapeControlCharacters } from "../cli/terminal/control_characters.ts";
import { terminalSafeJson } from "../cli/terminal/terminal_safe_json.ts";
import { parseOption } from "../lib/options/options.ts";
import { keep } from "../tests/fuzz/engine/kept.ts";
import { run } from "../tests/fuzz/engine/run.ts";
import { shrunk } from "../tests/fuzz/engine/shrink.ts";
import type { Target } from "../tests/fuzz/engine/target.ts";
import { Watchdog } from "../tests/fuzz/engine/watchdog.ts";
import { TARGETS } from "../tests/fuzz/targets/index.ts";

/** The result of a target. */
interface Outcome {
  readonly target: string;
  readonly seed: number;
  readonly cases: number;
  readonly casesPerSecond: number;
  readonly found: readonly FoundLine[];
}

/** A finding. */
interface FoundLine {
  readonly what: string;
  /** The number of the first case that failed. */
  readonly number: number;
  /** The file of the smallest failing case. */
  readonly file: string;
  readonly bytes: number;
  readonly text: string;
}

const root = fileURLToPath(new URL("..", import.meta.url));
/** How long to minimize a case, in milliseconds. */
const SHRINK_TIME = 10_000;

const { values } = parseArgs({
  options: {
    time: { type: "string", default: "60s" },
    target: { type: "string", multiple: true },
    seed: { type: "string" },
    json: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    /** Set for the processes of single targets. */
    alone: { type: "boolean", default: false },
  },
});

if (values.list) {
  for (const { name, promise } of TARGETS) say(`${name.padEnd(24)}${promise}`);
  process.exit(0);
}
const targets = values.target?.map(targetOf) ?? TARGETS;
const time = parseOption({ name: "time", kind: "duration", description: "" }, values.time) as number;
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
if (values.alone) {
  for (const target of targets) say(terminalSafeJson(await fuzz(target, time)));
  process.exit(0);
}
const jobs = Math.min(availableParallelism(), targets.length);
const waiting = [...targets];
let failed = false;
if (!values.json) say(`seed ${seed}, ${values.time} for ${targets.length} targets, ${jobs} at a time`);
await Promise.all(Array.from({ length: jobs }, async () => {
  for (let target = waiting.shift(); target; target = waiting.shift()) {
    report(target, await inItsOwnProcess(target, time * jobs / targets.length));
  }
}));
process.exit(failed ? 1 : 0);

function targetOf(name: string): Target {
  const target = TARGETS.find((target) => target.name === name);
  if (target) return target;
  process.stderr.write(
    `fuzz: there is no target ${name}; want ${TARGETS.map(({ name }) => name).join(", ")}\n`,
  );
  process.exit(2);
}

/** Runs a target here; a case without an end ends the process. */
async function fuzz(target: Target, milliseconds: number): Promise<Outcome> {
  const watchdog = new Watchdog();
  const result = await run(target, { seed, milliseconds, watchdog });
  const found: FoundLine[] = [];
  for (const { key, number, bytes, text } of result.found) {
    const smallest = await shrunk(target, bytes, key, SHRINK_TIME);
    const file = relative(root, keep(target.name, key, smallest));
    found.push({ what: key, number, file, bytes: smallest.length, text });
  }
  await watchdog.end();
  const casesPerSecond = Math.round(result.cases / (result.milliseconds / 1000));
  return { target: target.name, seed, cases: result.cases, casesPerSecond, found };
}

/** What a process says of a target; undefined where it died. */
function inItsOwnProcess(target: Target, milliseconds: number): Promise<Outcome | undefined> {
  const script = join(root, "scripts", "fuzz.ts");
  const args = [
    "--alone",
    "--target",
    target.name,
    "--seed",
    String(seed),
    "--time",
    `${Math.ceil(milliseconds)}ms`,
  ];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["run", "--allow-all", "--no-check", script, ...args], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const chunks: Uint8Array[] = [];
    child.stdout.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    child.on("error", () => resolve(undefined));
    child.on("close", () => {
      const lines = chunks.map((chunk) => new TextDecoder().decode(chunk)).join("").trim().split("\n");
      try {
        resolve(JSON.parse(lines.at(-1)!));
      } catch {
        resolve(undefined);
      }
    });
  });
}

function report(target: Target, outcome: Outcome | undefined): void {
  if (outcome === undefined || outcome.found.length > 0) failed = true;
  if (values.json) return say(terminalSafeJson(outcome ?? { target: target.name, seed, died: true }));
  if (outcome === undefined) return say(`FOUND   ${target.name}: its process died; see above`);
  const { cases, casesPerSecond, found } = outcome;
  const count = `${cases.toLocaleString("en")} cases, ${casesPerSecond.toLocaleString("en")} a second`;
  say(`${found.length > 0 ? "FOUND " : "ok    "}  ${target.name.padEnd(24)}${count}`);
  for (const { what, number, file, bytes, text } of found) {
    say(
      `        ${what}\n        seed ${seed}, case ${number}; ${bytes} bytes that show it are kept as ${file}`,
    );
    say(
      text.split("\n").slice(0, 8).map((line) => `          ${escapeControlCharacters(line.slice(0, 400))}`)
        .join("\n"),
    );
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

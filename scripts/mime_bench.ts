/**
 * Measures the filter attachments against filters that do the same with Python's email package, on pymilter, and with
 * MIME::Parser, on Sendmail::PMilter, in the same run: processor time per message through the whole milter session.
 *
 *     deno run -A scripts/mime_bench.ts [--binary dist/milterkit] [--rounds 9] [--write]
 *     (with --runtime deno or --runtime bun: from the sources, instead of the executable)
 *
 * --write puts the figures into docs/benchmark.md. Processor time is that of the filter's process only.
 * Needs Debian's python3-milter, libmime-tools-perl and libsendmail-pmilter-perl; an idle machine gives steadier figures.
 */

import { Buffer } from "node:buffer";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Message } from "../tests/auth/dkim/support.ts";
import { type BenchFilter, startBenchFilter, startMilterkitWith } from "./bench/dkim_filters.ts";
import { cpuSeconds } from "./bench/proc.ts";
import { median } from "./bench/results.ts";
import { withScriptSection } from "./bench/script_sections.ts";
import { MilterLoad, type PreparedMessage } from "./dkim_load.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values: options } = parseArgs({
  options: {
    binary: { type: "string", default: join(root, "dist/milterkit") },
    runtime: { type: "string" },
    rounds: { type: "string", default: "9" },
    write: { type: "boolean", default: false },
  },
});
const ROUNDS = Number(options.rounds);
/** What is sent, and how often in a round. */
const SIZES = [
  { title: "10 KB", bytes: 10_000, count: 500 },
  { title: "1 MB", bytes: 1_000_000, count: 20 },
] as const;
/** What the filters look at, with our options for that. */
const TASKS = [
  { title: "names", argument: [], ours: ["--file-name", "*.exe", "--archive-depth", "0"] },
  {
    title: "names and content",
    argument: ["--content"],
    ours: ["--executable", "--archive-depth", "0"],
  },
] as const;

/** A filter under load, with the milliseconds a message took in each round. */
interface Side {
  readonly filter: BenchFilter;
  readonly load: MilterLoad;
  readonly message: PreparedMessage;
  readonly rounds: number[];
}

const folder = mkdtempSync(join(tmpdir(), "milterkit-mime-bench-"));
const lines: string[] = [];
try {
  tell(
    `The program is ${
      options.runtime ? `run from the sources on ${options.runtime}` : "the executable"
    }. The messages ` +
      "are a text and an attachment in base64. Each filter reads the parts of the message at its end and looks at the " +
      "names of files, or also at how their decoded content begins.",
  );
  tell(
    `Processor time per message, one at a time on one connection; the median of ${ROUNDS} rounds, in which the filters ` +
      "take turns. The ratios are of `attachments` to the other filter in the same round:",
  );
  tell("| message | looks at | attachments | Python's email, pymilter | MIME::Parser, Sendmail::PMilter |");
  tell("|---|---|--:|--:|--:|");
  for (const [index, task] of TASKS.entries()) {
    const filters = await started(task, index);
    try {
      for (const { title, bytes, count } of SIZES) {
        const [ours = [], ...others] = await measured(filters, bytes, count);
        tell(
          `| ${title} | ${task.title} | ${ms(median(ours))} | ${
            others.map((each) => compared(ours, each)).join(" | ")
          } |`,
        );
      }
    } finally {
      for (const filter of filters) await filter.stop();
    }
  }
  tell(
    `The machine, with ${cpus().length} cores, had a load of ${
      (loadavg()[0] ?? NaN).toFixed(0)
    } in the last minute of this ` +
      "run. Where other work disturbs it, all times are longer; the ratios stay.",
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (options.write) {
  const page = join(root, "docs/benchmark.md");
  writeFileSync(page, withScriptSection(readFileSync(page, "utf8"), "MIME", sectionText()));
}
process.exit();

function tell(line: string): void {
  console.log(line);
  lines.push(line);
}

function sectionText(): string {
  return [
    "## MIME",
    ...lines,
    "Repeat it: `deno run -A scripts/mime_bench.ts --write`, with Debian's python3-milter, libmime-tools-perl and " +
    "libsendmail-pmilter-perl installed.",
  ].join("\n\n").replace(/\|\n\n\|/g, "|\n|");
}

/** The three filters for a task. */
async function started(task: typeof TASKS[number], index: number): Promise<BenchFilter[]> {
  const socket = (name: string) => join(folder, `${name}-${index}.sock`);
  const program = (name: string) => join(root, "scripts/bench", name);
  const filters: BenchFilter[] = [];
  try {
    filters.push(
      await startMilterkitWith("attachments", options, socket("own"), [
        "--filter",
        "attachments",
        ...task.ours,
      ]),
      await startBenchFilter("pymilter", [
        "/usr/bin/python3",
        program("attachments_pymilter.py"),
        socket("python"),
        ...task.argument,
      ], socket("python")),
      await startBenchFilter("pmilter", [
        "/usr/bin/perl",
        program("attachments_pmilter.pl"),
        `local:${socket("perl")}`,
        ...task.argument,
      ], socket("perl")),
    );
    return filters;
  } catch (error) {
    for (const filter of filters) await filter.stop();
    throw error;
  }
}

/** Milliseconds a message in each round, of each filter. */
async function measured(
  filters: readonly BenchFilter[],
  bytes: number,
  count: number,
): Promise<readonly (readonly number[])[]> {
  const sides: Side[] = [];
  for (const filter of filters) {
    const load = await MilterLoad.open(filter.socket);
    const side = { filter, load, message: load.prepare(messageOf(bytes, "holiday.jpg")), rounds: [] };
    // Until the runtime has compiled what is used.
    await cpuPerMessage(side, 3 * count);
    sides.push(side);
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const side of sides) side.rounds.push(await cpuPerMessage(side, count));
  }
  for (const { load } of sides) load.close();
  return sides.map(({ rounds }) => rounds);
}

async function cpuPerMessage({ filter, load, message }: Side, count: number): Promise<number> {
  const before = cpuSeconds(filter.pid);
  for (let i = 0; i < count; i++) await load.send(message);
  return (cpuSeconds(filter.pid) - before) * 1000 / count;
}

/** A message with a text and an attachment. */
function messageOf(size: number, name: string): Message {
  const line = "The quick brown fox jumps over the lazy dog, then rests a while.\r\n";
  const encoded = Buffer.alloc(
    Math.floor(size * 0.8 * 3 / 4 * 76 / 78),
    "\xff\xd8\xff\xe0 some image",
    "latin1",
  )
    .toString("base64").replace(/.{76}/g, "$&\r\n");
  return {
    headers: [
      ["Received", " from a.example by b.example;\r\n\tMon, 6 Oct 2025 10:00:00 +0000"],
      ["From", " Someone <someone@example.org>"],
      ["To", " Other <other@example.test>"],
      ["Subject", " a message of some size"],
      ["Date", " Mon, 6 Oct 2025 10:00:00 +0000"],
      ["Message-ID", " <1234567890@example.org>"],
      ["MIME-Version", " 1.0"],
      ["Content-Type", ' multipart/mixed; boundary="----=_next"'],
    ],
    body: [
      "------=_next",
      "Content-Type: text/plain; charset=utf-8",
      "",
      line.repeat(Math.ceil(size * 0.2 / line.length)),
      "------=_next",
      "Content-Type: image/jpeg",
      "Content-Transfer-Encoding: base64",
      `Content-Disposition: attachment; filename="${name}"`,
      "",
      encoded,
      "------=_next--",
      "",
    ].join("\r\n"),
  };
}

/** A cell with the time of another filter, and the ratio of ours to it. */
function compared(own: readonly number[], others: readonly number[]): string {
  const ratio = median(own.map((time, round) => time / (others[round] ?? NaN))) ?? NaN;
  return `${ms(median(others))}, ${ratio.toFixed(2)}`;
}

function ms(time: number | undefined): string {
  return `${(time ?? NaN).toFixed(3)} ms`;
}

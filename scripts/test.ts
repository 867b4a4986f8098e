/**
 * All tests: the checks, the executable, then every test on Deno and on Bun.
 *
 *     deno task test [--only tests/dkim] [--runtime deno|bun]
 *
 * Ends with a line of counts. Exit code 1 if anything failed, or was skipped where CI is set.
 */

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bunPath } from "./bun_path.ts";

/** What came of the tests of one runtime. */
interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({
  options: {
    only: { type: "string", default: "tests" },
    runtime: { type: "string", multiple: true, default: ["deno", "bun"] },
  },
});
/** Longest time of one test, in milliseconds: real mail servers are started in some. */
const TEST_TIMEOUT = 180_000;
const reports = mkdtempSync(join(tmpdir(), "milterkit-tests-"));
/** Where tests put down why they are skipped: the runtimes do not show it. */
const skips = join(reports, "skips");
let failedSteps = 0;

await step("checks", process.execPath, ["run", "--allow-all", "scripts/check.ts"]);
await step("executable", process.execPath, ["run", "--allow-all", "scripts/compile.ts"]);
const total = { passed: 0, failed: 0, skipped: 0 };
for (const runtime of values.runtime) {
  const counts = await runTests(runtime);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  say(`${runtime}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
}
if (existsSync(skips)) {
  for (const reason of new Set(readFileSync(skips, "utf8").trim().split("\n"))) say(`skipped: ${reason}`);
}
rmSync(reports, { recursive: true });
const skippedInCi = Boolean(process.env.CI) && total.skipped > 0;
if (skippedInCi) say("FAILED: nothing may be skipped where CI is set");
say(`${total.passed} passed, ${total.failed + failedSteps} failed, ${total.skipped} skipped`);
process.exit(total.failed + failedSteps > 0 || skippedInCi ? 1 : 0);

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function step(what: string, program: string, args: readonly string[]): Promise<void> {
  say(`== ${what}`);
  if (await run(program, args) !== 0) failedSteps++;
}

async function runTests(runtime: string): Promise<Counts> {
  say(`== tests on ${runtime}`);
  const report = join(reports, `${runtime}.xml`);
  const code = runtime === "bun"
    ? await run(bunPath(), [
      "test",
      `./${values.only}`,
      `--timeout=${TEST_TIMEOUT}`,
      "--dots",
      "--reporter=junit",
      `--reporter-outfile=${report}`,
    ])
    : await run(process.execPath, [
      "test",
      "--allow-all",
      "--no-check",
      "--quiet",
      "--reporter=dot",
      `--junit-path=${report}`,
      values.only,
    ]);
  const counts = countsOf(report);
  // A crash outside of any test fails the run without failing a test.
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

function countsOf(report: string): Counts {
  try {
    const xml = readFileSync(report, "utf8");
    const cases = [...xml.matchAll(/<testcase\b[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g)].map(([, body]) =>
      body ?? ""
    );
    const failed = cases.filter((body) => /<(failure|error)\b/.test(body)).length;
    const skipped = cases.filter((body) => /<skipped\b/.test(body)).length;
    return { passed: cases.length - failed - skipped, failed, skipped };
  } catch {
    say("FAILED: the runtime wrote no report of its tests");
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

/** Runs a program with its output shown. */
function run(program: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, NO_COLOR: "1", MILTERKIT_SKIPS: skips },
    });
    child.stdout.on("data", (bytes: Uint8Array) => {
      // Where there is no terminal, Deno gives every dot a line of its own.
      process.stdout.write(new TextDecoder().decode(bytes).replace(/^([.,!])\n/gm, "$1"));
    });
    child.on("close", (code) => resolve(code ?? 1));
    child.on("error", (error) => {
      say(`Cannot run ${program}: ${error.message}`);
      resolve(1);
    });
  });
}

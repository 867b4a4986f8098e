/**
 * Runs the test files of one job in their own process.
 *
 * @module
 */

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import type { Argv } from "../../tests/support/process.ts";
import { bunPath } from "../bun_path.ts";
import { runProcess } from "../run_process.ts";
import { readReport, type TestResult } from "./junit.ts";
import type { Job } from "./suites.ts";

/** The result of a job. */
export interface JobResult {
  readonly job: Job;
  readonly tests: readonly TestResult[];
  /** Why tests were skipped, each reason once. */
  readonly skipReasons: readonly string[];
  /** What is wrong with the run as a whole, beyond failed tests; undefined if nothing. */
  readonly problem: string | undefined;
  /** The output of the process. */
  readonly output: string;
  readonly seconds: number;
}

/** Longest time of one test on Bun, in milliseconds: some start real mail servers. */
const TEST_TIMEOUT = 180_000;
/** Longest time of a job, in milliseconds. One that takes longer hangs. */
const JOB_TIMEOUT = 900_000;

/**
 * Runs a job to its end.
 *
 * @param job its runtime and files
 * @param folder where reports may be written
 * @param seed what tests draw by chance follows from it
 */
export async function runJob(job: Job, folder: string, seed?: number): Promise<JobResult> {
  const base = join(folder, `${job.runtime}-${job.name.replaceAll("/", "-")}`);
  const report = `${base}.xml`;
  const skips = `${base}.skips`;
  const began = performance.now();
  const { code, output, isLate } = await runProcess(commandFor(job, base, report), {
    timeout: JOB_TIMEOUT,
    env: {
      // Tests on Bun start Deno too, and where npx brought it, nobody else has it in the path.
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      NO_COLOR: "1",
      MILTERKIT_SKIPS: skips,
      ...(seed === undefined ? {} : { MILTERKIT_SEED: String(seed) }),
    },
  });
  const tests = readReport(readIfThere(report))
    // What a module of ours declares for the files, or that a file cannot be loaded, has the job to repeat.
    .map((test) => job.files.includes(test.file) ? test : { ...test, file: job.name });
  const skipReasons = [...new Set(readIfThere(skips).split("\n").filter((line) => line !== ""))];
  rmSync(report, { force: true });
  rmSync(skips, { force: true });
  const failed = tests.some(({ outcome }) => outcome === "failed");
  const problem = isLate
    ? `stopped after ${JOB_TIMEOUT / 60_000} minutes${hangingTest(output)}`
    : tests.length === 0
    ? "the runtime reported no test"
    // A crash outside of any test fails the run without failing a test.
    : code !== 0 && !failed
    ? `exit code ${code} without a failed test`
    : undefined;
  return { job, tests, skipReasons, problem, output, seconds: (performance.now() - began) / 1000 };
}

/**
 * Names the test that Deno, whose tests have no time-out of their own, was last waiting for.
 *
 * @param output what Deno printed until it was stopped
 * @returns the end of a sentence; empty if Deno named none
 */
export function hangingTest(output: string): string {
  const name = [...output.matchAll(/^.*'(.+)' has been running for over/gm)].at(-1)?.[1];
  return name === undefined ? "" : `, in "${name}"`;
}

/** @param base where a file of the job's own may be written, without its ending */
function commandFor({ runtime, files }: Job, base: string, report: string): Argv {
  return runtime === "bun"
    ? [
      bunPath(),
      "test",
      ...files.map((file) => `./${file}`),
      `--timeout=${TEST_TIMEOUT}`,
      "--dots",
      "--reporter=junit",
      `--reporter-outfile=${report}`,
    ]
    : [
      process.execPath,
      "test",
      "--allow-all",
      "--no-check",
      "--quiet",
      `--junit-path=${report}`,
      writeImports(`${base}_test.ts`, files),
    ];
}

/**
 * Writes a module that imports test files. Deno loads all modules anew for each file that it is given, which takes longer
 * than most tests, and takes a file for passed that throws after its first test. The report names the files that tests are in.
 */
function writeImports(path: string, files: readonly string[]): string {
  const urls = files.map((file) => [file, pathToFileURL(file).href]);
  writeFileSync(
    path,
    `import { test } from "node:test";
for (const [file, url] of ${JSON.stringify(urls)}) {
  try {
    await import(url);
  } catch (error) {
    test(\`\${file} loads\`, () => { throw error; });
  }
}
`,
  );
  return path;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

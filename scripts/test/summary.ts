/**
 * The summary at the end of a test run.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import type { TestResult } from "./junit.ts";
import { minutes } from "./progress.ts";
import type { JobResult } from "./run_job.ts";
import type { Job } from "./suites.ts";

/** How many of the slowest tests to list, and how many seconds a test must take to be listed. */
const SLOWEST = 10;
const SLOW = 0.5;

/** How much of a test's error to repeat: lines, and characters of a line. */
const ERROR_LINES = 8;
const ERROR_WIDTH = 300;

/** The number of tests by outcome. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Counts tests; a job that failed without a failed test counts as one. */
export function countsOf(results: readonly Pick<JobResult, "tests" | "problem">[]): Counts {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { tests, problem } of results) {
    for (const { outcome } of tests) counts[outcome]++;
    if (problem) counts.failed++;
  }
  return counts;
}

/** Returns the counts in words; continuous integration reads this line. */
export function countsText({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** A job in one line. */
export function jobText({ job, tests, problem, seconds }: JobResult): string {
  const counts = countsOf([{ tests, problem }]);
  const state = counts.failed > 0 ? "FAILED" : "ok    ";
  return `${state} ${job.runtime.padEnd(4)} ${job.name}  ${countsText(counts)}  ${seconds.toFixed(1)} s` +
    (problem ? `: ${problem}` : "");
}

/** Lines that say nothing of a failure: Bun's dots, and Deno's for each test that passed. */
const PASSED = /^(?:[.,!]+|.*\.\.\. ok \([\dmµs]+\)|running \d+ tests? from .*)\r?\n/gm;

/** Returns the output of a failed job and the command that repeats it. */
export function failureText({ job, output, tests }: JobResult, seed?: number): string {
  const [file = job.name, another] = new Set(
    tests.filter(({ outcome }) => outcome === "failed").map(({ file }) => file),
  );
  const only = another === undefined ? file : job.name;
  return `${output.replace(PASSED, "").trim()}\nRepeat: ${command(job.runtime, only, seed)}`;
}

/**
 * All that is said at the end.
 *
 * @param results all jobs
 * @param seconds how long they took together
 * @param seed what the tests drew by chance followed from it
 */
export function summaryLines(results: readonly JobResult[], seconds: number, seed?: number): string[] {
  const cpu = processorSeconds();
  return [
    ...slowestTests(results),
    ...skippedTests(results),
    ...results.flatMap((result) => failedTests(result, seed)),
    ...[...Map.groupBy(results, ({ job }) => job.runtime)].map(([runtime, of]) =>
      `${runtime}: ${countsText(countsOf(of))}`
    ),
    `${minutes(seconds)} in all${cpu === undefined ? "" : `, ${minutes(cpu)} of processor time`}`,
  ];
}

function slowestTests(results: readonly JobResult[]): string[] {
  const tests = results.flatMap(({ job, tests }) => tests.map((test) => ({ job, test })));
  const slow = tests.filter(({ test }) => test.seconds >= SLOW);
  if (slow.length === 0) return [];
  const slowest = slow.sort((a, b) => b.test.seconds - a.test.seconds).slice(0, SLOWEST);
  return [
    "slowest:",
    ...slowest.map(({ job, test }) => `${test.seconds.toFixed(1).padStart(8)} s  ${nameOf(job, test)}`),
  ];
}

function skippedTests(results: readonly JobResult[]): string[] {
  const skips = results.flatMap(({ job, skipReasons }) => skipReasons.map((reason) => ({ reason, job })));
  return [...Map.groupBy(skips, ({ reason }) => reason)].map(([reason, of]) =>
    `skipped: ${reason} (${[...new Set(of.map(({ job }) => job.name))].join(", ")})`
  );
}

/** Each failed test with its error, and below those of a file the command that repeats them. */
function failedTests({ job, tests, problem }: JobResult, seed: number | undefined): string[] {
  const failed = tests.filter(({ outcome }) => outcome === "failed");
  const lines = [...Map.groupBy(failed, ({ file }) => file)].flatMap(([file, of]) => [
    ...of.flatMap((test) => [`FAILED: ${nameOf(job, test)}`, ...errorLines(test)]),
    `  ${command(job.runtime, file, seed)}`,
  ]);
  return problem === undefined ? lines : [
    ...lines,
    `FAILED: ${job.runtime} ${job.name}: ${problem}`,
    `  ${command(job.runtime, job.name, seed)}`,
  ];
}

/** The beginning of a test's error. Whoever sees the end of a long log alone, as some show it, needs it there. */
function errorLines({ error }: TestResult): string[] {
  const lines = error.split("\n").map((line) => line.trimEnd()).filter((line) => line !== "");
  const shown = lines.slice(0, ERROR_LINES).map((line) => `    ${line.slice(0, ERROR_WIDTH)}`);
  return lines.length > ERROR_LINES ? [...shown, `    (${lines.length - ERROR_LINES} more lines)`] : shown;
}

function nameOf({ runtime }: Job, { file, name }: TestResult): string {
  return `${runtime} ${file}: ${name}`;
}

/** A command as somebody types it who has npm alone. */
function command(runtime: string, only: string, seed: number | undefined): string {
  const { deno } = process.versions;
  return `npx -y deno@${deno} task test --only ${only} --runtime ${runtime}` +
    (seed === undefined ? "" : ` --seed ${seed}`);
}

/** The processor time of all processes that this one has started and that have ended; undefined where it is not known. */
function processorSeconds(): number | undefined {
  try {
    const fields = readFileSync("/proc/self/stat", "latin1").replace(/^.*\) /s, "").split(" ");
    // cutime and cstime of proc(5), in ticks, of which Linux has a hundred a second everywhere.
    return (Number(fields[13]) + Number(fields[14])) / 100;
  } catch {
    return undefined;
  }
}

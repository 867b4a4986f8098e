/**
 * Runs all tests: the checks, the compilation of the executable, then every test on Deno and on Bun, in parallel
 * processes.
 *
 *     deno task test [--only FOLDER|FILE|TEXT] [--unit] [--runtime deno|bun] [--jobs N] [--seed N|random]
 *
 * Prints the counts in the last line. Exits with 1 if anything failed, or if a test was skipped and MILTERKIT_NO_SKIPS is set.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { runProcess } from "./run_process.ts";
import { fail, readOptions } from "./test/options.ts";
import { Progress } from "./test/progress.ts";
import { type JobResult, runJob } from "./test/run_job.ts";
import { filesFor, isUnit, type Job, jobsFor } from "./test/suites.ts";
import { countsOf, countsText, failureText, jobText, summaryLines } from "./test/summary.ts";

const options = readOptions();
const wanted = filesFor(options.only);
if (wanted.length === 0) {
  fail(`--only ${options.only}: no folder or test file of this name, no test file with this text`);
}
const files = wanted.filter((file) => !options.unit || isUnit(file));
if (files.length === 0) fail(`--only ${options.only}: no unit test among them; leave --unit away`);
const jobs = jobsFor(files, options.runtimes);
const needsExecutable = files.some((file) => !isUnit(file));
const isWhole = options.only === undefined && !options.unit;

const began = performance.now();
const progress = new Progress(jobs.length + Number(needsExecutable) + Number(isWhole));
const folder = mkdtempSync(join(tmpdir(), "milterkit-tests-"));
const results: JobResult[] = [];
let failedSteps = 0;

if (options.seed !== undefined) progress.print(`--seed ${options.seed}`);
if (needsExecutable) await step("executable", "scripts/compile.ts");
const work = jobs.map((job) => () => runTests(job));
if (isWhole) work.unshift(() => step("checks", "scripts/check.ts"));
await Promise.all(Array.from({ length: options.jobs }, async () => {
  for (let next = work.shift(); next; next = work.shift()) await next();
}));
progress.end();
rmSync(folder, { recursive: true });

const counts = countsOf(results);
counts.failed += failedSteps;
const forbiddenSkips = Boolean(process.env.MILTERKIT_NO_SKIPS) && counts.skipped > 0;
for (const line of summaryLines(results, (performance.now() - began) / 1000, options.seed)) say(line);
if (failedSteps > 0) say("FAILED: a step besides the tests, see above");
if (forbiddenSkips) say("FAILED: no test may be skipped if MILTERKIT_NO_SKIPS is set");
say(countsText(counts));
process.exit(counts.failed > 0 || forbiddenSkips ? 1 : 0);

async function runTests(job: Job): Promise<void> {
  const name = `${job.runtime} ${job.name}`;
  progress.started(name);
  const result = await runJob(job, folder, options.seed);
  results.push(result);
  progress.finished(name, jobText(result));
  if (countsOf([result]).failed > 0) progress.print(failureText(result, options.seed));
}

/** Runs another script of this project; shows its output if it fails. */
async function step(name: string, script: string): Promise<void> {
  progress.started(name);
  const from = performance.now();
  const { code, output } = await runProcess([process.execPath, "run", "--allow-all", script]);
  const seconds = ((performance.now() - from) / 1000).toFixed(1);
  progress.finished(name, `${code === 0 ? "ok    " : "FAILED"} ${name}  ${seconds} s`);
  if (code === 0) return;
  failedSteps++;
  progress.print(output.trim());
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

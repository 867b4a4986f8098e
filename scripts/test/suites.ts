/**
 * Finds the test files and divides them among processes.
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** A runtime that tests run on. */
export type Runtime = "deno" | "bun";

/** Test files for one process. */
export interface Job {
  /** The runtime. */
  readonly runtime: Runtime;
  /** The files, from the root of the repository. */
  readonly files: readonly string[];
  /** The folder or file that names the job in reports. */
  readonly name: string;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Folders whose tests need the executable or an MTA. Each of their files has a process of its own, so that the long ones run
 * side by side. All other folders are unit tests: one process for each folder, but for the files named in {@linkcode LONGEST}.
 */
const HEAVY = ["integration", "release", "faults", "package", "docs"];
/**
 * The files, each of which has a process of its own, and the folders of one process that take longest, longest first: begun
 * last, one of them would go on alone.
 */
const LONGEST = [
  "tests/integration/exactness/chain_sendmail_test.ts",
  "tests/integration/exactness/milters_sendmail_test.ts",
  "tests/integration/user_filter/load_errors_test.ts",
  "tests/auth/dkim/mutations_test.ts",
  "tests/auth/results_readers_test.ts",
  "tests/fuzz/targets_test.ts",
  "tests/integration/metrics_test.ts",
  "tests/auth",
  "tests/model/chain_model_test.ts",
  "tests/release/debian_test.ts",
  "tests/integration/user_filter/watch_test.ts",
  "tests/integration/workers_test.ts",
  "tests/filter",
  "tests/server",
  "tests/protocol",
  "tests/model/served_model_test.ts",
  "tests/milter",
  "tests/faults/soak_test.ts",
  "tests/integration/systemd/restart_test.ts",
  "tests/package/npm_test.ts",
  "tests/integration/exactness/milters_postfix_test.ts",
  "tests/integration/exactness/chain_postfix_test.ts",
];
/**
 * What a file says whose tests drive only the executable or other programs: to run them on a second runtime would test the
 * same thing again.
 */
const ONCE = /^\/\/ Runs once: /m;
/** What a file imports that drives the executable, in whatever folder it lies. */
const DRIVES_EXECUTABLE = /^import .* from "(?:\.\.\/)+support\/milterkit\.ts";$/m;
/**
 * What a file imports that asks programs of others: other DKIM and MIME libraries, readers of results, the servers nsd and
 * redis.
 */
const ASKS_OTHERS =
  /^(?:import .*|\}) from "(?:\.{1,2}\/)+(?:\w+\/)*(?:peer|python_fields|judges|results_readers|nsd|redis)\.ts";$/m;

/** All test files. */
export function testFiles(): string[] {
  const gone = LONGEST.filter((name) => !existsSync(join(root, name)));
  if (gone.length > 0) throw new Error(`scripts/test/suites.ts: LONGEST names ${gone}, which there is not`);
  return readdirSync(join(root, "tests"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith("_test.ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/** Whether a file needs neither the executable, nor an MTA, nor another program. */
export function isUnit(file: string): boolean {
  if (HEAVY.includes(folderOf(file))) return false;
  const text = readFileSync(join(root, file), "utf8");
  return !DRIVES_EXECUTABLE.test(text) && !ASKS_OTHERS.test(text);
}

/**
 * The files that somebody wants.
 *
 * @param wanted a folder, a file, or text that a file has, such as the name of a test; undefined: all
 * @returns none where nothing fits
 */
export function filesFor(wanted: string | undefined): string[] {
  const all = testFiles();
  if (wanted === undefined) return all;
  const path = relative(root, join(root, wanted)).replace(/\/$/, "");
  const below = all.filter((file) => file === path || file.startsWith(`${path}/`));
  if (below.length > 0 || statSync(join(root, wanted), { throwIfNoEntry: false })) return below;
  return all.filter((file) => readFileSync(join(root, file), "utf8").includes(wanted));
}

/** Divides files among processes, those that take longest first. */
export function jobsFor(files: readonly string[], runtimes: readonly Runtime[]): Job[] {
  const jobs = new Map<string, { runtime: Runtime; files: string[]; name: string }>();
  for (const file of files) {
    const folder = folderOf(file);
    const isAlone = HEAVY.includes(folder) || LONGEST.includes(file);
    const name = isAlone ? file : `tests/${folder}`;
    for (const runtime of runsOnce(file) ? runtimes.slice(-1) : runtimes) {
      const key = `${runtime} ${name}`;
      const job = jobs.get(key) ?? { runtime, files: [], name };
      job.files.push(file);
      jobs.set(key, job);
    }
  }
  for (const job of jobs.values()) {
    const [file, another] = job.files;
    if (file !== undefined && another === undefined) job.name = file;
  }
  return [...jobs.values()].sort((a, b) => rank(a) - rank(b));
}

/** Whether the tests of a file are the same whatever runtime they run on. */
function runsOnce(file: string): boolean {
  return ONCE.test(readFileSync(join(root, file), "utf8").slice(0, 2000));
}

function rank({ name, files }: Job): number {
  const long = LONGEST.indexOf(name);
  if (long >= 0) return long;
  const place = HEAVY.indexOf(folderOf(files[0] ?? ""));
  return LONGEST.length + (place < 0 ? HEAVY.length : place);
}

function folderOf(file: string): string {
  return file.split("/")[1] ?? "";
}

/**
 * The command line of a test run.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { newSeed } from "../../tests/support/random.ts";
import type { Runtime } from "./suites.ts";

const HELP = `deno task test [OPTIONS]

  --only WHAT      a folder (tests/auth), a file, or text: all files that contain it, such as a test's name
  --unit           only tests that need neither the executable nor a mail server
  --runtime NAME   deno or bun (default: both)
  --jobs N         parallel processes (default: twice the number of processors)
  --seed N|random  the seed of random test data (default: fixed)

Tests that cannot run here are skipped; the reasons are listed at the end. If MILTERKIT_NO_SKIPS is set, a skipped test is a failure.`;

/** The options of a test run. */
export interface TestOptions {
  /** A folder, a file, or text that a file contains; undefined: all. */
  readonly only: string | undefined;
  /** Only unit tests. */
  readonly unit: boolean;
  readonly runtimes: readonly Runtime[];
  /** The number of parallel processes. */
  readonly jobs: number;
  /** The seed of random test data; undefined: the tests' own fixed seeds. */
  readonly seed: number | undefined;
}

/** Reads the options of this process. Exits after printing help or an error. */
export function readOptions(): TestOptions {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        only: { type: "string" },
        unit: { type: "boolean", default: false },
        runtime: { type: "string", multiple: true, default: ["deno", "bun"] },
        jobs: { type: "string", default: String(2 * availableParallelism()) },
        seed: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    }));
  } catch (error) {
    return fail((error as Error).message);
  }
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    process.exit(0);
  }
  return {
    only: values.only,
    unit: values.unit,
    runtimes: values.runtime.map(runtimeOf),
    jobs: numberOf("--jobs", values.jobs),
    seed: values.seed === "random" ? newSeed() : values.seed && numberOf("--seed", values.seed) || undefined,
  };
}

/** Exits with an error about the command line. */
export function fail(why: string): never {
  process.stderr.write(`deno task test: ${why}\nSee deno task test --help\n`);
  process.exit(2);
}

function runtimeOf(name: string): Runtime {
  return name === "deno" || name === "bun" ? name : fail(`there is no runtime ${name}: want deno or bun`);
}

function numberOf(option: string, text: string): number {
  const number = Number(text);
  const isValid = Number.isInteger(number) && number >= 1 && number <= 2 ** 31;
  return isValid ? number : fail(`invalid ${option} ${text}: want a number from 1 on`);
}

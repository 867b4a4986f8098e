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

  --only WHAT      a folder (tests/auth), a file, or text: all files that have it, such as a test's name
  --unit           only tests that need neither the executable nor a mail server
  --runtime NAME   deno or bun; both unless given
  --jobs N         processes at a time; twice the processors unless given
  --seed N|random  another seed for what tests draw by chance; always the same unless given

Tests that cannot run here are skipped, with the reason at the end. Where CI is set, a skipped test is a failure.`;

/** What somebody wants to run. */
export interface TestOptions {
  /** A folder, a file, or text that a file has; undefined: all. */
  readonly only: string | undefined;
  /** Only unit tests. */
  readonly unit: boolean;
  readonly runtimes: readonly Runtime[];
  /** Processes at a time. */
  readonly jobs: number;
  /** What tests draw by chance follows from this one; undefined: from seeds of their own, always the same. */
  readonly seed: number | undefined;
}

/** The options of this process. Shows help or an error, and ends the process, where that is all there is to do. */
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

/** Ends the process for a command line that makes no sense. */
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

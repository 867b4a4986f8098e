/**
 * One run of the benchmark: records results and failures.
 *
 * @module
 */

import { appendFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { CannotRun } from "./failure.ts";
import type { Options } from "./options.ts";
import type { Result } from "./results.ts";
import type { Rig } from "./rig.ts";
import type { Bench } from "./section.ts";
import type { Server } from "./servers.ts";

export class BenchRun implements Bench {
  readonly options: Options;
  readonly rig: Rig;
  readonly servers: readonly Server[];
  /** What went wrong, in sentences. */
  readonly failures: string[] = [];
  readonly #progress: boolean;

  /**
   * Starts one.
   *
   * @param progress whether each result is printed
   */
  constructor(options: Options, rig: Rig, { progress = true }: { readonly progress?: boolean } = {}) {
    this.#progress = progress;
    this.options = options;
    this.rig = rig;
    this.servers = options.servers.filter(({ name }) => name !== "pymilter" || rig.programs.python);
    if (options.out) emptyFile(options.out);
  }

  async attempt<R extends Result>(
    what: string,
    measure: () => Promise<R | undefined>,
    told: (result: R) => string,
  ): Promise<R | undefined> {
    try {
      const result = await measure();
      if (!result) return undefined;
      this.#record(result);
      if (this.#progress) tell(`${what}: ${told(result)}`);
      if (result.errors > 0) this.#fail(`${what}: ${result.errors} errors: ${result.errorText}`);
      return result;
    } catch (error) {
      this.#fail(`${what}: ${(error as Error).message}`);
    }
  }

  #record(result: Result): void {
    if (this.options.out) appendFileSync(this.options.out, `${JSON.stringify(result)}\n`);
  }

  #fail(failure: string): void {
    this.failures.push(failure);
    tell(`FAILED: ${failure}`);
  }
}

function emptyFile(path: string): void {
  try {
    writeFileSync(path, "");
  } catch (error) {
    throw new CannotRun(`--out ${path}: cannot write it: ${(error as Error).message}`);
  }
}

/** Prints progress to standard error; the results go to standard output. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

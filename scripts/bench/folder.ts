/**
 * The frame of a program that benchmarks: a folder that is gone afterwards, and exit codes.
 *
 * @module
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { tell } from "./bench.ts";
import { CannotRun } from "./failure.ts";
import { killAll } from "./processes.ts";

/**
 * Runs a program.
 *
 * @returns its exit code: that of the work, or 2 if it cannot run
 */
export async function exitCodeOf(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CannotRun)) throw error;
    tell(error.message);
    return 2;
  }
}

/** Has a folder for programs and sockets; it is gone afterwards, and so is every process. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  // The temporary folder, since the path of a socket may have 107 bytes only.
  const folder = mkdtempSync(join(tmpdir(), "milterkit-bench-"));
  const cleanUp = (): void => {
    killAll();
    rmSync(folder, { recursive: true, force: true });
  };
  for (const [signal, number] of [["SIGHUP", 1], ["SIGINT", 2], ["SIGTERM", 15]] as const) {
    process.on(signal, () => {
      cleanUp();
      process.exit(128 + number);
    });
  }
  try {
    return await work(folder);
  } finally {
    cleanUp();
  }
}

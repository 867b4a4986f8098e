/**
 * Runs tests in a process of their own.
 *
 * A compiled executable contains all of Bun including its test runner, and acts as `bun` if BUN_BE_BUN is set.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { constants } from "node:os";
import process from "node:process";

/** Which tests to run. */
export interface TestSelection {
  /** Files and folders; all tests below the current folder if there are none. */
  readonly files: readonly string[];
  /** A regular expression that the names of tests must match. */
  readonly pattern: string | undefined;
}

/** A run of tests. */
export interface TestRun {
  /** Resolves with the exit code. */
  readonly ended: Promise<number>;
  /** Passes a signal on to the tests. */
  kill(signal: NodeJS.Signals): void;
}

/** Starts to run tests. */
export function startTests({ files, pattern }: TestSelection): TestRun {
  const named = (bun: string[], deno: string[]) =>
    pattern === undefined ? [] : process.versions.bun ? bun : deno;
  const only = named(["--test-name-pattern", String(pattern)], ["--filter", `/${pattern}/`]);
  const args = process.versions.bun
    // Never download a missing package.
    ? ["test", "--no-install", ...only, ...files]
    : ["test", "-A", "--no-check", ...only, ...files];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, BUN_BE_BUN: "1" },
    stdio: "inherit",
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? exitCodeOf(signal)));
  });
  return { ended, kill: (signal) => void child.kill(signal) };
}

/** The exit code that shells give a process that a signal ended. */
export function exitCodeOf(signal: NodeJS.Signals | null): number {
  return 128 + (signal === null ? 0 : constants.signals[signal]);
}

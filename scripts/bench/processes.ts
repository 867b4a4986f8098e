/**
 * Child processes, none of which outlives the benchmark.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import type { Argv } from "../../tests/support/process.ts";

/** Characters of a process's error output that are kept: its end, where the reason stands. */
const KEPT_ERRORS = 4000;

/** A process that was started. */
export interface Running {
  readonly pid: number;
  /** What it has written to standard output so far. */
  readonly output: string;
  /** The end of what it has written to standard error so far. */
  readonly errors: string;
  readonly ended: boolean;
  /** Its exit code, or undefined where it could not be started or was killed. */
  readonly end: Promise<number | undefined>;
  /** Kills it and all that it started. */
  kill(): Promise<void>;
}

const running = new Set<ChildProcess>();

/** Starts a program; in a group of its own, so that what it starts can be killed with it. */
export function start(command: Argv, cwd?: string): Running {
  const [program, ...args] = command;
  const child = spawn(program, args, { cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  let output = "", errors = "", ended = false;
  child.stdout.on("data", (bytes) => output += bytes);
  child.stderr.on("data", (bytes) => errors = (errors + bytes).slice(-KEPT_ERRORS));
  const end = new Promise<number | undefined>((resolve) => {
    child.on("error", (error) => {
      errors += error.message;
      resolve(undefined);
    });
    child.on("close", (code) => resolve(code ?? undefined));
  }).finally(() => {
    ended = true;
    running.delete(child);
  });
  return {
    pid: child.pid ?? 0,
    get output() {
      return output;
    },
    get errors() {
      return errors;
    },
    get ended() {
      return ended;
    },
    end,
    async kill() {
      killGroup(child);
      await end;
    },
  };
}

/** What a program that ran to its end said. */
export interface Ran {
  readonly code: number | undefined;
  readonly output: string;
  readonly errors: string;
}

/** Runs a program to its end. */
export async function run(command: Argv, cwd?: string): Promise<Ran> {
  const child = start(command, cwd);
  const code = await child.end;
  return { code, output: child.output, errors: child.errors };
}

/** Kills what still runs; waits for none of it. */
export function killAll(): void {
  for (const child of running) killGroup(child);
}

function killGroup(child: ChildProcess): void {
  if (!child.pid) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It is gone.
  }
}

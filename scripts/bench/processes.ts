/**
 * Child processes, none of which outlives the benchmark.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import process from "node:process";
import type { Argv } from "../../tests/support/process.ts";

/** How many characters of a process's error output to keep: its end, which states the reason. */
const KEPT_ERRORS = 4000;

/** A running process. */
export interface Running {
  readonly pid: number;
  /** What it has written to standard output so far. */
  readonly output: string;
  /** The end of what it has written to standard error so far. */
  readonly errors: string;
  readonly ended: boolean;
  /** Its exit code; undefined if it could not be started or was killed. */
  readonly end: Promise<number | undefined>;
  /** Stops it and everything it started until {@link resume}, so that they take no time. */
  pause(): void;
  resume(): void;
  /** Kills it and everything it started. */
  kill(): Promise<void>;
}

const running = new Set<ChildProcess>();

/** Settings for {@link start}. */
export interface StartSettings {
  readonly cwd?: string | undefined;
  /** The file that its standard error goes to, so that what it logs costs no time here. */
  readonly errorFile?: string;
}

/** Starts a program in its own process group, so that everything it starts can be killed with it. */
export function start(command: Argv, { cwd, errorFile }: StartSettings = {}): Running {
  const [program, ...args] = command;
  const log = errorFile === undefined ? undefined : openSync(errorFile, "a");
  const child = spawn(program, args, { cwd, detached: true, stdio: ["ignore", "pipe", log ?? "pipe"] });
  if (log !== undefined) closeSync(log);
  running.add(child);
  let output = "", errors = "", ended = false;
  child.stdout!.on("data", (bytes) => output += bytes);
  child.stderr?.on("data", (bytes) => errors = (errors + bytes).slice(-KEPT_ERRORS));
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
      return errorFile === undefined ? errors : errors + endOf(errorFile);
    },
    get ended() {
      return ended;
    },
    end,
    pause: () => signalGroup(child, "SIGSTOP"),
    resume: () => signalGroup(child, "SIGCONT"),
    async kill() {
      signalGroup(child, "SIGKILL");
      await end;
    },
  };
}

/** The output of a finished program. */
export interface Ran {
  readonly code: number | undefined;
  readonly output: string;
  readonly errors: string;
}

/** Runs a program to its end. */
export async function run(command: Argv, cwd?: string): Promise<Ran> {
  const child = start(command, { cwd });
  const code = await child.end;
  return { code, output: child.output, errors: child.errors };
}

/** Kills everything still running, without waiting. */
export function killAll(): void {
  for (const child of running) signalGroup(child, "SIGKILL");
}

function endOf(file: string): string {
  return readFileSync(file, "utf8").slice(-KEPT_ERRORS);
}

function signalGroup(child: ChildProcess, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
  if (!child.pid) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has already ended.
  }
}

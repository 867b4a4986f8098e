/** Runs a program to its end and captures its output. */

import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Argv } from "../tests/support/process.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The output and exit status of a process. */
export interface Ended {
  readonly code: number;
  /** Standard output and standard error, interleaved. */
  readonly output: string;
  /** Whether it was killed because it timed out. */
  readonly isLate: boolean;
}

/** Options for running a process. */
export interface RunOptions {
  /** Environment variables in addition to ours. */
  readonly env?: Readonly<Record<string, string>>;
  /** The time-out, in milliseconds. @default none */
  readonly timeout?: number;
}

/**
 * Runs a program in the root folder of the repository.
 *
 * @param command its path, and its arguments
 */
export function runProcess(command: Argv, { env, timeout }: RunOptions = {}): Promise<Ended> {
  const [program, ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    const decoder = new TextDecoder();
    let output = "";
    let isLate = false;
    const timer = timeout === undefined ? undefined : setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, timeout);
    const end = (code: number) => {
      clearTimeout(timer);
      resolve({ code, output, isLate });
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Uint8Array) => output += decoder.decode(chunk, { stream: true }));
    }
    child.on("close", (code) => end(code ?? 1));
    child.on("error", (error) => {
      output += `Cannot run ${program}: ${error.message}\n`;
      end(1);
    });
  });
}

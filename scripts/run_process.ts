/** Programs run to their end, with what they print kept. */

import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Argv } from "../tests/support/process.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What a process printed, and how it ended. */
export interface Ended {
  readonly code: number;
  /** Standard output and standard error, as they came. */
  readonly output: string;
  /** Whether it was killed since it took too long. */
  readonly isLate: boolean;
}

/** How a process is run. */
export interface RunOptions {
  /** Variables beside ours. */
  readonly env?: Readonly<Record<string, string>>;
  /** Longest time, in milliseconds. @default no limit */
  readonly timeout?: number;
}

/**
 * Runs a program in the root of the repository.
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

/**
 * Tells the administrator by a command: a program with arguments, without a shell.
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";
import type { Clock } from "../../../lib/time/clock.ts";
import { NoticeError } from "./notice_error.ts";

/** The longest time for a command, in milliseconds. */
export const COMMAND_LIMIT = 30_000;
/** The maximum number of characters of what a command writes to standard error that the log shows. */
const KEPT_OUTPUT = 300;
/** The environment variables that a command inherits; the others are not meant for it. */
const INHERITED = ["PATH", "LANG", "LC_ALL", "TZ", "HOME", "TMPDIR"];
const USUAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** How a command is run. */
export interface CommandRun {
  /** The program's path, and its arguments. */
  readonly argv: readonly [program: string, ...args: string[]];
  /** What is added to its environment. */
  readonly values: Readonly<Record<string, string>>;
  /** The clock for its time limit. */
  readonly clock: Clock;
  /** Aborted when it must end at once. */
  readonly signal: AbortSignal;
}

/**
 * Runs a command to its end. It gets no input; what it writes to standard output is dropped.
 *
 * @throws {NoticeError} if it cannot be started, takes too long, or does not exit with 0
 */
export function runCommand({ argv, values, clock, signal }: CommandRun): Promise<void> {
  const [program, ...args] = argv;
  const failure = (reason: string) => new NoticeError("command", program, `${program} ${reason}`);
  if (signal.aborted) return Promise.reject(failure("was not run: the filter ends"));
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { PATH: USUAL_PATH, ...inherited(), ...values },
      cwd: "/",
      stdio: ["ignore", "ignore", "pipe"],
      // A group of its own, so that what it has started ends with it.
      detached: true,
    });
    let output = "";
    let killed: string | undefined;
    const kill = (why: string) => {
      killed ??= why;
      endGroup(child.pid);
      // Something it has started may have left its group and hold the pipe open.
      child.stderr.destroy();
    };
    const stop = () => kill("was ended with the filter");
    const cancel = clock.after(COMMAND_LIMIT, () => kill(`took more than ${COMMAND_LIMIT / 1000} s`));
    signal.addEventListener("abort", stop);
    const finish = (error?: NoticeError) => {
      cancel();
      signal.removeEventListener("abort", stop);
      child.stderr.destroy();
      if (error) reject(error);
      else resolve();
    };
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (text: string) => output = (output + text).slice(-KEPT_OUTPUT));
    child.stderr.on("error", () => {});
    child.on("error", (error) => finish(failure(`cannot be run: ${error.message}`)));
    // Not "close", which also waits for other processes that hold its standard error.
    child.on("exit", (code, name) => {
      const said = output.trim() === "" ? "" : `: ${output.trim()}`;
      if (killed !== undefined) finish(failure(killed));
      else if (code !== 0) {
        finish(failure(`${code === null ? `ended by ${name}` : `exited with ${code}`}${said}`));
      } else finish();
    });
  });
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    INHERITED.flatMap((name) => process.env[name] === undefined ? [] : [[name, process.env[name]!]]),
  );
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended in between.
  }
}

/**
 * What scripts that measure the memory of a server have in common: they start it, have another process send it messages, and
 * read its size.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Argv } from "../tests/support/process.ts";
import { bunPath } from "./bun_path.ts";
import type { LoadJob, LoadResult } from "./memory_load.ts";

/** A million bytes. */
export const MB = 1_000_000;

/** The root of the project. */
export const ROOT: string = fileURLToPath(new URL("..", import.meta.url));

/**
 * The command line of a runtime that runs the program.
 *
 * @param runtime `binary`, `deno` or `bun`
 * @param binary the path of the executable
 */
export function programOf(runtime: string, binary: string): Argv {
  const programs: Readonly<Record<string, Argv>> = {
    binary: [binary],
    deno: [process.execPath, "run", "-A", join(ROOT, "cli/main.ts")],
    bun: [bunPath(), join(ROOT, "cli/main.ts")],
  };
  const program = programs[runtime];
  if (!program) throw new Error(`--runtime ${runtime}: it is binary, deno or bun`);
  return program;
}

/** Starts a server and waits until its socket is there. */
export async function startServer(command: Argv, socket: string): Promise<ChildProcess> {
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
  for (let waited = 0; !existsSync(socket); waited += 20) {
    if (waited > 20_000 || child.exitCode !== null) throw new Error(`${program} does not listen`);
    await sleep(20);
  }
  return child;
}

/** Has another process send all messages, so that what that takes is not in any figure. */
export async function sendAll(job: LoadJob): Promise<LoadResult> {
  const program = fileURLToPath(new URL("memory_load.ts", import.meta.url));
  const args = ["run", "-A", program, JSON.stringify(job)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (bytes) => output += bytes);
  await new Promise<void>((resolve) => child.on("close", () => resolve()));
  if (output === "") throw new Error("the process that sends the messages failed");
  return JSON.parse(output);
}

/** Memory of a process in MB: now, or at its highest. */
export function memoryOf(pid: number, what: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)?.[1]) * 1024 / MB;
}

/** The processor time of a process so far, in seconds. */
export function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Waits. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The runtimes: the one that runs the tests, and the other. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The command that runs a program with the runtime that runs the tests. */
export function programCommand(program: string, ...args: string[]): [program: string, ...args: string[]] {
  return process.versions.bun
    ? [process.execPath, program, ...args]
    // In a fresh clone Deno would say on standard error what it downloads, beside what the program says.
    : [process.execPath, "run", "--quiet", "-A", program, ...args];
}

/** Cases in a row. */
export interface Share {
  /** The number of the first one, from 0. */
  readonly first: number;
  /** The number behind the last one. */
  readonly end: number;
}

/**
 * The half of a test's cases that this runtime tries: the first one on Deno, the second one on Bun. For cases that are many
 * and cost much: both runtimes together try each of them once.
 *
 * @param cases how many there are
 */
export function ownHalf(cases: number): Share {
  const middle = Math.ceil(cases / 2);
  return process.versions.bun ? { first: middle, end: cases } : { first: 0, end: middle };
}

/** The path of deno, if it is here. */
export function findDeno(): string | undefined {
  return process.versions.deno ? process.execPath : inPath("deno");
}

/** The path of bun, if it is here. */
export function findBun(): string | undefined {
  if (process.versions.bun) return process.execPath;
  const own = fileURLToPath(new URL("../../node_modules/bun/bin/bun.exe", import.meta.url));
  return existsSync(own) ? own : inPath("bun");
}

function inPath(name: string): string | undefined {
  return (process.env.PATH ?? "").split(":").map((folder) => join(folder, name)).find(existsSync);
}

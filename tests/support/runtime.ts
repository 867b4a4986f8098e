/** The runtimes: the one that runs the tests, and the other. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The command that runs a program with the runtime that runs the tests. */
export function programCommand(program: string, ...args: string[]): [program: string, ...args: string[]] {
  return process.versions.bun
    ? [process.execPath, program, ...args]
    : [process.execPath, "run", "-A", program, ...args];
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

/** A lock between processes. */
import { mkdtempSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { processAlive, sleep } from "./process.ts";

/**
 * Waits for the lock and returns the function that gives it back.
 *
 * The lock is a folder with one file, whose name is the process that has the lock. Where there is no such file, nobody has it.
 * It is taken from an owner that no longer runs.
 */
export async function lock(path: string, timeoutMs = 180_000): Promise<() => void> {
  for (const end = Date.now() + timeoutMs; !take(path); await sleep(50)) {
    if (Date.now() > end) throw new Error(`${path} is still held by process ${owner(path)}`);
  }
  return () => {
    rmSync(`${path}/${process.pid}`, { force: true });
    try {
      rmdirSync(path);
    } catch {
      // the next one has it already
    }
  };
}

/** Whether a running process has the lock. */
export function lockHeld(path: string): boolean {
  const pid = owner(path);
  return pid !== undefined && processAlive(Number(pid));
}

/** The name of the file in the lock. */
function owner(path: string): string | undefined {
  try {
    return readdirSync(path)[0];
  } catch {
    return undefined;
  }
}

/** Takes the lock if nobody has it. Either way is one renaming, so that of several who try at once one succeeds. */
function take(path: string): boolean {
  const before = owner(path);
  if (before !== undefined) {
    if (processAlive(Number(before))) return false;
    return renamed(`${path}/${before}`, `${path}/${process.pid}`);
  }
  const own = mkdtempSync(`${path}.`);
  writeFileSync(`${own}/${process.pid}`, "");
  // takes the place of an empty folder, but of no other
  if (renamed(own, path)) return true;
  rmSync(own, { recursive: true });
  return false;
}

function renamed(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (["ENOENT", "ENOTEMPTY", "EEXIST"].includes((error as { code?: string }).code ?? "")) return false;
    throw error;
  }
}

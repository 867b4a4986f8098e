/** A lock between processes. */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import process from "node:process";
import { processAlive, sleep } from "./process.ts";

/**
 * Waits for the lock and returns the function that gives it back.
 *
 * The lock is a folder, since mkdir either creates it or fails. A lock whose owner no longer runs is
 * taken over.
 */
export async function lock(path: string, timeoutMs = 180_000): Promise<() => void> {
  const end = Date.now() + timeoutMs;
  while (true) {
    try {
      mkdirSync(path);
      writeFileSync(`${path}/pid`, String(process.pid));
      return () => rmSync(path, { recursive: true, force: true });
    } catch (error) {
      if ((error as { code?: string }).code !== "EEXIST") throw error;
    }
    if (abandoned(path)) takeAway(path);
    else if (Date.now() > end) throw new Error(`${path} is still held by process ${owner(path)}`);
    else await sleep(50);
  }
}

/** Whether a running process has the lock. */
export function lockHeld(path: string): boolean {
  const pid = owner(path);
  return pid !== undefined && processAlive(pid);
}

function owner(path: string): number | undefined {
  try {
    return Number(readFileSync(`${path}/pid`, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}

function abandoned(path: string): boolean {
  const pid = owner(path);
  if (pid !== undefined) return !processAlive(pid);
  try {
    // between mkdir and the write of the pid there is no owner for a moment
    return Date.now() - statSync(path).mtimeMs > 10_000;
  } catch {
    return false;
  }
}

function takeAway(path: string): void {
  const aside = `${path}.${process.pid}.${Date.now()}`;
  try {
    // of several that find the lock abandoned, one succeeds
    renameSync(path, aside);
  } catch {
    return;
  }
  rmSync(aside, { recursive: true, force: true });
}

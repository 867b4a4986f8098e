// Locks between processes: one has it at a time, even where others died with it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import process from "node:process";
import { lock, lockHeld } from "./lock.ts";
import { programCommand } from "./runtime.ts";

const program = fileURLToPath(new URL("./lock_program.ts", import.meta.url));

async function inFolder(use: (path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "milterkit-lock-"));
  try {
    await use(join(folder, "lock"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A process that waits until its input ends; then it takes the lock so often, and ends with it. */
async function taker(path: string, times: number): Promise<() => Promise<number | null>> {
  const [command, ...args] = programCommand(program, path, String(times));
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  await Promise.race([new Promise((resolve) => child.stdout.once("data", resolve)), ended]);
  return () => {
    child.stdin.end();
    return ended;
  };
}

test(
  "one of several processes has it at a time, each of which dies with it",
  { timeout: 120_000 },
  async () => {
    await inFolder(async (path) => {
      const takers = await Promise.all(Array.from({ length: 5 }, () => taker(path, 20)));
      assert.deepEqual(await Promise.all(takers.map((take) => take())), [0, 0, 0, 0, 0]);
      assert.equal(lockHeld(path), false);
      (await lock(path))();
    });
  },
);

test("who waits too long is told who has it, and who gives it back leaves nothing", async () => {
  await inFolder(async (path) => {
    const unlock = await lock(path);
    assert.equal(lockHeld(path), true);
    await assert.rejects(lock(path, 60), new RegExp(`lock is still held by process ${process.pid}$`));
    unlock();
    assert.equal(lockHeld(path), false);
    (await lock(path))();
  });
});

// What the spool tests share: what a spool gives, and a look at what a process has open.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after } from "node:test";
import { type Spool, SpoolError, SpoolPool } from "../../lib/message/spool.ts";
import { captured } from "../support/present.ts";
import { sleep } from "../support/process.ts";

/** All chunks, kept until the last one is there. */
export async function chunksIn(spool: Spool): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  const reader = spool.read();
  for (let chunk = await reader.next(); chunk; chunk = await reader.next()) chunks.push(chunk);
  return chunks;
}

export async function contentOf(spool: Spool): Promise<Uint8Array> {
  return new Uint8Array(Buffer.concat(await chunksIn(spool)));
}

/** Bytes in which no two places look the same. */
export function patterned(length: number, seed = 0): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + seed, 0x9e3779b1);
  return new Uint8Array(words.buffer, 0, length);
}

/** Waits until the system has closed all files. */
export async function allClosed(pool: SpoolPool): Promise<void> {
  for (let waited = 0; pool.filesOpen !== 0; waited += 5) {
    if (waited > 10_000) throw new Error(`${pool.filesOpen} files are still open`);
    await sleep(5);
  }
}

export interface OpenFile {
  readonly descriptor: number;
  /** As /proc shows it: a name that is gone ends with " (deleted)". */
  readonly name: string;
  /** Its open flags. */
  readonly flags: number;
}

/** What a process has open below a folder. */
export function openFiles(folder: string, pid: number = process.pid): OpenFile[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
    try {
      const name = readlinkSync(`/proc/${pid}/fd/${descriptor}`);
      const info = readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, "latin1");
      const flags = parseInt(captured(info, /flags:\s*(\d+)/), 8);
      return name.startsWith(folder) ? [{ descriptor: Number(descriptor), name, flags }] : [];
    } catch {
      return []; // closed meanwhile, as the one that listed the folder is
    }
  });
}

/** Whether a promise rejects with a SpoolError about a folder. */
export async function rejects(promise: unknown, message: RegExp, where: string): Promise<void> {
  assert.ok(promise instanceof Promise);
  await assert.rejects(promise, (error: SpoolError) => {
    assert.ok(error instanceof SpoolError, String(error));
    assert.deepEqual([error.name, error.code, error.value], ["SpoolError", "spool-failed", where]);
    assert.match(error.message, message);
    return true;
  });
}

/** A folder for the tests of a file, removed after them, and what makes one in it that no other test uses. */
export function testFolder(): { readonly folder: string; ownFolder(name: string): string } {
  const folder = mkdtempSync(join(new SpoolPool().folder, "milterkit-spool-test-"));
  after(() => rmSync(folder, { recursive: true }));
  return {
    folder,
    ownFolder(name) {
      const path = join(folder, name);
      mkdirSync(path);
      return path;
    },
  };
}

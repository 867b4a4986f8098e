// The files of a spool: who may see them, what is said where they cannot be made, and the folder that they are in.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  constants,
  existsSync,
  fstatSync,
  readdirSync,
  readFileSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { SpoolPool } from "../../lib/message/spool.ts";
import { skipFor } from "../support/instance.ts";
import { at } from "../support/present.ts";
import { run } from "../support/process.ts";
import { programCommand } from "../support/runtime.ts";
import { allClosed, contentOf, openFiles, patterned, rejects, testFolder } from "./spool_support.ts";

const LINUX = process.platform === "linux";
const { folder, ownFolder } = testFolder();
const noMount = skipFor(
  LINUX && spawnSync("unshare", ["--mount", "true"]).status === 0 ? undefined : "needs root, to mount",
);

/** What tests/message/spooler.ts does, started by a shell script that ends with `"$@"`. */
async function spooler(what: string, where: string, script: string): Promise<Record<string, unknown>> {
  const program = fileURLToPath(new URL("spooler.ts", import.meta.url));
  const shell = ["sh", "-ec", script, where, ...programCommand(program, what, where)] as const;
  const { stdout, stderr } = await run(script.includes("mount ") ? ["unshare", "--mount", ...shell] : shell);
  assert.notEqual(stdout, "", stderr);
  return JSON.parse(stdout);
}

/** The same where the folder is a file system of its own, which nobody else sees and which ends with the program. */
function spoolerOn(kind: string, options: string, what: string): Promise<Record<string, unknown>> {
  const where = ownFolder(kind);
  return spooler(what, where, `mount -t ${kind} -o ${options} ${kind} "$0"; exec "$@"`);
}

// ---- the file

test("the file is for nobody else and has no name", { skip: !LINUX }, async () => {
  const own = ownFolder("own");
  const pool = new SpoolPool({ memory: 0, folder: own });
  const umask = process.umask(0);
  try {
    const spool = pool.create();
    const pushing = spool.push(patterned(100_000));
    assert.deepEqual(readdirSync(own), [], "not even while it is written for the first time");
    await pushing;
    assert.deepEqual(readdirSync(own), []);
    const open = openFiles(own);
    assert.equal(open.length, 1);
    const { name, flags, descriptor } = at(open, 0);
    assert.match(name, /^.*\/milterkit-[-0-9a-f]{36} \(deleted\)$/);
    const { mode, nlink, size } = fstatSync(descriptor);
    assert.deepEqual([mode & 0o7777, nlink, size], [0o600, 0, 100_000]);
    assert.ok(flags & constants.O_NOFOLLOW, "no link is followed");
    assert.ok(flags & 0o2000000, "no child process inherits it");
    const second = pool.create();
    await second.push(patterned(1));
    assert.equal(new Set(openFiles(own).map(({ name }) => name)).size, 2, "each has a name of its own");
    spool.close();
    second.close();
    await allClosed(pool);
    assert.deepEqual(openFiles(own), []);
  } finally {
    process.umask(umask);
  }
});

test("a umask that takes all rights away is no obstacle", async () => {
  const umask = process.umask(0o777);
  try {
    const spool = new SpoolPool({ memory: 0, folder }).create();
    await spool.push(patterned(10));
    assert.equal((await contentOf(spool)).length, 10);
    spool.close();
  } finally {
    process.umask(umask);
  }
});

test("a process that is killed leaves nothing", { skip: !LINUX, timeout: 60_000 }, async () => {
  const own = ownFolder("killed");
  const [program, ...args] = programCommand(
    fileURLToPath(new URL("spooler.ts", import.meta.url)),
    "hold",
    own,
  );
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.on("close", (_code, signal) => resolve(signal)));
  await new Promise<void>((resolve) => child.stdout.once("data", () => resolve()));
  try {
    const open = openFiles(own, child.pid!);
    assert.equal(open.length, 1);
    assert.match(at(open, 0).name, / \(deleted\)$/);
  } finally {
    process.kill(child.pid!, "SIGKILL");
  }
  assert.equal(await ended, "SIGKILL");
  assert.deepEqual(readdirSync(own), []);
});

// ---- failures

/** What the push that needs a file in this folder rejects with; nothing is left then. */
async function failsIn(where: string, message: RegExp): Promise<void> {
  const pool = new SpoolPool({ memory: 1000, folder: where });
  const spool = pool.create();
  assert.equal(spool.push(patterned(1000)), undefined);
  await rejects(spool.push(patterned(1000)), message, where);
  assert.equal(pool.memoryInUse, 0);
  await rejects(spool.push(patterned(1)), message, where);
  await rejects(spool.read().next(), message, where);
  spool.close();
  await allClosed(pool);
}

test("a folder that is not there, or is none, is said", async () => {
  const missing = join(folder, "missing");
  await failsIn(missing, /^Cannot keep a message in .*\/missing: no such file or directory \(ENOENT\)$/);
  assert.match(new SpoolPool({ folder: missing }).folderWarning()!, /cannot be used.*\(ENOENT\)$/);
  const file = join(folder, "file");
  writeFileSync(file, "");
  await failsIn(file, /^Cannot keep a message in .*\/file: not a directory \(ENOTDIR\)$/);
  assert.match(new SpoolPool({ folder: file }).folderWarning()!, /cannot be used.*: it is not a folder$/);
});

test("a folder that may not be written to is said", { skip: !LINUX }, async () => {
  const locked = ownFolder("locked");
  chmodSync(locked, 0o500);
  // Root may write everywhere, except where the system itself does not let it.
  const where = process.getuid?.() === 0 ? "/sys" : locked;
  await failsIn(where, /: (?:permission denied \(EACCES\)|read-only file system \(EROFS\))$/);
});

test(
  "a disk that is full is said, and is free again afterwards",
  { skip: noMount, timeout: 60_000 },
  async () => {
    const { small, large, ...rest } = await spoolerOn("tmpfs", "size=400k", "overflow");
    const value = join(folder, "tmpfs");
    const message = `Cannot keep a message in ${value}: no space left on device (ENOSPC)`;
    const error = { name: "SpoolError", code: "spool-failed", value, message };
    assert.deepEqual(small, { ...error, pushed: 13 * 30_001 });
    // The disk takes a part of it in one write, which must not count as all of it.
    assert.deepEqual(large, { ...error, pushed: 0 });
    assert.deepEqual(rest, { freed: true, again: error, reading: error, recovered: true, memory: 0 });
  },
);

test("no more descriptors are said", { skip: !LINUX, timeout: 60_000 }, async () => {
  const { files, error } = await spooler("exhaust", folder, 'ulimit -n 100; exec "$@"');
  const message = `Cannot keep a message in ${folder}: too many open files (EMFILE)`;
  assert.deepEqual(error, { name: "SpoolError", code: "spool-failed", value: folder, message });
  assert.ok(Number(files) > 10 && Number(files) < 100);
});

// ---- the folder

test("without a folder it is /var/tmp", { skip: !LINUX }, () => {
  assert.equal(new SpoolPool().folder, "/var/tmp");
});

test("a memory file system is no good place", { skip: noMount, timeout: 60_000 }, async () => {
  const { warning } = await spoolerOn("ramfs", "mode=700", "warn");
  assert.match(String(warning), /ramfs is in memory \(ramfs\)/);
});

const shm = existsSync("/proc/mounts") &&
  / \/dev\/shm tmpfs /.test(readFileSync("/proc/mounts", "latin1"));

test("nor is /dev/shm", { skip: !shm }, () => {
  assert.match(new SpoolPool({ folder: "/dev/shm" }).folderWarning()!, /^\/dev\/shm is in memory \(tmpfs\)/);
});

test("a disk is", { skip: !LINUX }, () => {
  const type = statfsSync(folder).type;
  const warning = new SpoolPool({ folder }).folderWarning();
  if (type === 0x01021994) assert.match(warning!, /tmpfs/);
  else assert.equal(warning, undefined);
});

// Files that cannot be used to keep state, at the start and later: each is refused with what to do, and none is harmed.
import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { openDatabase } from "../../lib/store/sqlite/database.ts";
import { StateFileError } from "../../lib/store/sqlite/file_error.ts";
import { FILE_VERSION } from "../../lib/store/sqlite/open_file.ts";
import { SqliteStore } from "../../lib/store/sqlite/sqlite_store.ts";
import { StoreUnavailableError } from "../../lib/store/store.ts";
import { temporaryFolder } from "./temporary_folder.ts";

const HOUR = 3_600_000;

async function inFolder(work: (folder: string, file: string) => Promise<void> | void): Promise<void> {
  using folder = temporaryFolder();
  await work(folder.path, join(folder.path, "state.db"));
}

/** Runs work in a folder of one's own; root, who may write everywhere, does it as nobody. */
function asAnotherUser(folder: string, work: () => void): void {
  if (process.getuid?.() !== 0) return work();
  chownSync(folder, 65534, 65534);
  try {
    process.seteuid?.(65534);
    work();
  } finally {
    process.seteuid?.(0);
  }
}

function refused(path: string, says: RegExp): void {
  assert.throws(() => SqliteStore.open(path), (error) => {
    assert.ok(error instanceof StateFileError, String(error));
    assert.deepEqual([error.code, error.value], ["invalid-state-file", path]);
    assert.match(error.message, says);
    assert.ok(!error.message.includes("\n"));
    return true;
  });
}

async function withEntries(file: string, count: number): Promise<void> {
  const store = SqliteStore.open(file);
  await store.carryOut(
    Array.from({ length: count }, (_, i) => ["set", `key ${i}`, "x".repeat(100), HOUR] as const),
  );
  await store.close();
}

describe("a path is refused that is", () => {
  test("a folder", () =>
    inFolder((folder) => refused(folder, /it is a folder; name a file in it, such as state\.db$/)));

  test("in no folder", () =>
    inFolder((folder) =>
      refused(join(folder, "none", "state.db"), /there is no folder \S+none; make it, writable/)
    ));

  test("in a file", () =>
    inFolder((_folder, file) => {
      writeFileSync(file, "");
      refused(join(file, "state.db"), /there is no folder/);
    }));

  test("a device, or a link to nothing that can be made", () =>
    inFolder((folder) => {
      refused("/dev/null", /it is not a regular file/);
      const link = join(folder, "link");
      symlinkSync(join(folder, "none", "state.db"), link);
      refused(link, /there is no such file/);
    }));

  test("the file of another program", () =>
    inFolder((_folder, file) => {
      for (const text of ["hello", "x".repeat(10_000), "\0"]) {
        writeFileSync(file, text);
        refused(file, /it contains something else; choose another path$/);
        assert.equal(readFileSync(file, "latin1"), text, "left as it was");
      }
    }));

  test("a database of another program", () =>
    inFolder((_folder, file) => {
      const database = openDatabase(file);
      database.exec("CREATE TABLE entries (a)");
      database.close();
      const before = readFileSync(file);
      refused(file, /it is a database of another program; choose another path$/);
      assert.deepEqual(readFileSync(file), before);
    }));

  test("of a newer version", () =>
    inFolder(async (_folder, file) => {
      await withEntries(file, 1);
      const database = openDatabase(file);
      database.exec(`PRAGMA user_version = ${FILE_VERSION + 1}`);
      database.close();
      refused(
        file,
        /a newer Milterkit has written it \(version 2; this one knows up to 1\); upgrade, or move it away/,
      );
    }));

  test("damaged where that shows at once", () =>
    inFolder(async (_folder, file) => {
      await withEntries(file, 1000);
      const whole = join(_folder, "whole.db");
      copyFileSync(file, whole);
      for (const [at, length] of [[16, 84], [100, 3000], [4096, 4096]] as const) {
        copyFileSync(whole, file);
        writeSync(openSync(file, "r+"), new Uint8Array(length).fill(0xa5), 0, length, at);
        refused(
          file,
          /the file is damaged; move it away \(with -wal and -shm\)|it is a database of another program/,
        );
      }
      copyFileSync(whole, file);
      truncateSync(file, 5000);
      refused(file, /the file is damaged/);
    }));

  test("read-only, or in a folder that is", () =>
    inFolder((folder, file) => {
      writeFileSync(file, "");
      chmodSync(file, 0o444);
      asAnotherUser(folder, () => refused(file, /permission denied|read-only/));
      const missing = join(folder, "missing.db");
      chmodSync(folder, 0o555);
      asAnotherUser(folder, () => refused(missing, /permission denied/));
      chmodSync(folder, 0o700);
    }));
});

describe("a file", () => {
  test("that is empty is begun", () =>
    inFolder(async (_folder, file) => {
      writeFileSync(file, "");
      await withEntries(file, 1);
      assert.ok(statSync(file).size > 0);
    }));

  test("that is damaged where that shows later fails calls, and says what to do", () =>
    inFolder(async (_folder, file) => {
      // Opening does not look at texts that have pages of their own.
      const before = SqliteStore.open(file);
      for (let i = 0; i < 20; i++) await before.set(`key ${i}`, "x".repeat(20_000), HOUR);
      await before.close();
      const bytes = readFileSync(file);
      for (let at = 0; at < bytes.length; at += 4096) {
        if (bytes.subarray(at + 4, at + 2000).every((byte) => byte === 0x78)) bytes.fill(0xa5, at, at + 4096);
      }
      writeFileSync(file, bytes);
      const store = SqliteStore.open(file);
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => store.get(`key ${i}`)));
      const reasons = outcomes.flatMap((each) => each.status === "rejected" ? [each.reason] : []);
      assert.ok(reasons.length > 0);
      for (const reason of reasons) {
        assert.ok(reason instanceof StoreUnavailableError);
        assert.match(reason.reason, /^the file is damaged; move it away/);
      }
      await store.close();
    }));

  test("that another program has locked fails calls until it lets go", () =>
    inFolder(async (_folder, file) => {
      const store = SqliteStore.open(file);
      const other = openDatabase(file);
      other.exec("BEGIN IMMEDIATE");
      await assert.rejects(store.set("a", "1", HOUR), /another program has it locked/);
      assert.equal(await store.get("a"), undefined, "reading goes on");
      other.exec("ROLLBACK");
      other.close();
      await store.set("a", "1", HOUR);
      assert.equal(await store.get("a"), "1");
      await store.close();
    }));

  test("that outgrows its disk fails calls, and keeps what was there", () =>
    inFolder(async (_folder, file) => {
      const store = SqliteStore.open(file, { pages: 30 });
      await store.set("first", "1", HOUR);
      let failed: unknown;
      for (let i = 0; i < 200 && !failed; i++) {
        await store.set(`key ${i}`, "x".repeat(2000), HOUR).catch((error) => failed = error);
      }
      assert.ok(failed instanceof StoreUnavailableError);
      assert.equal(failed.reason, "the disk is full");
      const { entries } = await store.info();
      assert.equal(await store.get("first"), "1");
      await store.delete("key 1");
      await store.set("second", "2", HOUR);
      assert.equal((await store.info()).entries, entries);
      await store.close();
    }));

  test("is opened where there must be one already, and not made", () =>
    inFolder(async (_folder, file) => {
      assert.throws(() => SqliteStore.openExisting(file), /Cannot keep state in \S+: there is no such file/);
      await withEntries(file, 1);
      const store = SqliteStore.openExisting(file);
      assert.equal((await store.info()).entries, 1);
      await store.close();
    }));
});

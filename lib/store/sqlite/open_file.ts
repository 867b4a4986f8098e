/**
 * Opens the file of a store, creates it if it does not exist, and refuses other files.
 *
 * @module
 */

import { closeSync, openSync, readSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { systemErrorText } from "../../system_errors.ts";
import { type Database, NoSqliteError, openDatabase } from "./database.ts";
import { sqliteErrorText, StateFileError } from "./file_error.ts";

/** The beginning of an SQLite database. */
const MAGIC = "SQLite format 3\0";
/** Marks a database as ours, see `PRAGMA application_id`: `mkst`. */
const APPLICATION = 0x6d6b7374;
/** The version of the tables. A program refuses a file with a later one. */
export const FILE_VERSION = 1;

/** How long to wait for another program that has the file locked, in milliseconds. This blocks the process. */
const LOCK_WAIT = 100;
/** The size of a page, in bytes: small, since a call changes one row, and a changed page is written as a whole. */
const PAGE_SIZE = 4096;
/** The size of SQLite's page cache, in KiB. */
const CACHE = 32 * 1024;
/**
 * How much of the file is memory-mapped, in bytes: a lookup among a million keys takes a fifth less time than with a
 * system call for each page.
 */
const MAPPED = 1024 * 1024 * 1024;
/** The size to which the log is truncated when it restarts, in bytes. Overwriting is faster than appending. */
const LOG_SIZE = 64 * 1024 * 1024;

/** The tables. There is no index on `expires`, which would double what each call writes. */
const TABLES = `
  CREATE TABLE entries (
    key BLOB PRIMARY KEY, kind INTEGER NOT NULL, text TEXT, level REAL, since INTEGER NOT NULL, expires INTEGER NOT NULL
  ) WITHOUT ROWID, STRICT;
  CREATE TABLE clock (one INTEGER PRIMARY KEY CHECK (one = 1), latest INTEGER NOT NULL) STRICT;
  INSERT INTO clock VALUES (1, 0);
  PRAGMA application_id = ${APPLICATION};
  PRAGMA user_version = ${FILE_VERSION};
`;

/**
 * Opens the file of a store, and creates it if it does not exist.
 *
 * @param path its path
 * @throws {StateFileError} if it cannot be created or opened, or is not a file of a store
 * @throws {NoSqliteError} if this runtime has no SQLite
 */
export function openStateFile(path: string): Database {
  claimFile(path);
  try {
    const database = openDatabase(path);
    try {
      prepare(path, database);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    if (error instanceof StateFileError || error instanceof NoSqliteError) throw error;
    throw new StateFileError(path, sqliteErrorText(error), { cause: error });
  }
}

/** Creates the file, accessible only to its owner, or checks that an existing file can be a database. */
function claimFile(path: string): void {
  const fail = (reason: string, cause?: unknown): never => {
    throw new StateFileError(path, reason, { cause });
  };
  const folder = dirname(path);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    fail(`there is no folder ${folder}; make it, writable for this program`);
  }
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) fail("it is a folder; name a file in it, such as state.db");
  if (found && !found.isFile()) fail("it is not a regular file");
  try {
    const descriptor = openSync(path, "a+", 0o600);
    try {
      const start = new Uint8Array(MAGIC.length);
      const length = readSync(descriptor, start, 0, start.length, 0);
      if (length > 0 && new TextDecoder().decode(start) !== MAGIC) {
        fail("it contains something else; choose another path");
      }
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (error instanceof StateFileError) throw error;
    fail(systemErrorText(error), error);
  }
}

/** Configures the database, and creates or checks its tables. */
function prepare(path: string, database: Database): void {
  const fail = (reason: string): never => {
    throw new StateFileError(path, reason);
  };
  database.exec(`PRAGMA busy_timeout = ${LOCK_WAIT}`);
  const pragma = (name: string) => Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  const isEmpty = pragma("schema_version") === 0;
  if (!isEmpty && pragma("application_id") !== APPLICATION) {
    fail("it is a database of another program; choose another path");
  }
  const version = pragma("user_version");
  if (!isEmpty && version > FILE_VERSION) {
    fail(
      `a newer Milterkit has written it (version ${version}; this one knows up to ${FILE_VERSION}); ` +
        "upgrade, or move it away and start again with an empty one",
    );
  }
  if (isEmpty) database.exec(`PRAGMA page_size = ${PAGE_SIZE}`);
  const { journal_mode: mode } = database.prepare("PRAGMA journal_mode = WAL").get() ?? {};
  if (mode !== "wal") fail("its file system has no shared memory for SQLite's log; choose a local disk");
  database.exec(`
    PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA cache_size = -${CACHE};
    PRAGMA mmap_size = ${MAPPED};
    PRAGMA journal_size_limit = ${LOG_SIZE};
  `);
  if (isEmpty) database.exec(`BEGIN IMMEDIATE; ${TABLES} COMMIT;`);
  // Serious damage to the file shows here, at startup.
  database.prepare("SELECT latest FROM clock").get();
  database.prepare("SELECT key FROM entries LIMIT 1").get();
}

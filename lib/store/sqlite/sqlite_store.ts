/**
 * A store in an SQLite file. Only one process uses it at a time; others ask that process, see `keeper/`.
 *
 * @module
 */

import { closeSync, fdatasync, openSync, statSync } from "node:fs";
import { promisify } from "node:util";
import { type Clock, systemClock } from "../../time/clock.ts";
import type { StateEntry, StateInfo } from "../backend.ts";
import { CalledStore, type CallOutcome, isWrite, type StoreCall, type StoreResult } from "../calls.ts";
import { checkCall } from "../checks.ts";
import type { KeptStore } from "../keeper/kept_store.ts";
import { StoreError, StoreUnavailableError } from "../store.ts";
import { Checkpointer } from "./checkpointer.ts";
import type { Database } from "./database.ts";
import { sqliteErrorText, StateFileError } from "./file_error.ts";
import { openStateFile } from "./open_file.ts";
import { EntryTable } from "./table.ts";
import { Timeline } from "./timeline.ts";

/**
 * How often writes are synced to disk, in milliseconds: a power failure loses at most this much, plus the write in
 * progress.
 */
const SAVE_INTERVAL = 1000;
/** How many write calls trigger an earlier sync: a large sync would delay writers. */
const MANY_CALLS = 150;
/** How often to check for that, in milliseconds. */
const LOOK_INTERVAL = 50;
/** The size of the log, in pages, from which calls wait briefly so that it can restart: 64 MiB. */
const LONG_LOG = 16_384;
/** How often a part of the file is searched for expired entries, in milliseconds. */
const SWEEP_INTERVAL = 1000;
/** How many entries such a part has. */
const SWEEP_SIZE = 500;
/** How soon the next part is searched if many entries had expired, in milliseconds. */
const SWEEP_SOON = 20;
/** How many entries are read at once when iterating over all. */
const PAGE = 500;

/** Settings of a store in a file. */
export interface SqliteStoreOptions {
  /** The clock for intervals and lifetimes. @default the system's */
  readonly clock?: Clock;
  /** Returns the system's time, in milliseconds since 1970. @default Date.now */
  readonly today?: () => number;
  /** The maximum number of pages of 4 KiB that the file may have. @default as many as the disk has room for */
  readonly pages?: number;
}

/**
 * Keeps entries in an SQLite file, with a write-ahead log. The data of an answered call is in the operating system's
 * cache, so it survives the end of the process. It is synced to disk once a second, so a power failure loses what was
 * counted in the last second or two, and damages nothing.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mkdtempSync, rmSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { SqliteStore } from "./sqlite_store.ts";
 *
 * const folder = mkdtempSync(join(tmpdir(), "example-"));
 * const store = SqliteStore.open(join(folder, "state.db"));
 * await store.set("key", "text", 60_000);
 * assert.equal(await store.get("key"), "text");
 * await store.close();
 * rmSync(folder, { recursive: true });
 * ```
 */
export class SqliteStore extends CalledStore implements KeptStore {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #database: Database;
  readonly #version: string;
  readonly #table: EntryTable;
  /** The thread for checkpoints, once it is needed. */
  #checkpointer: Checkpointer | undefined;
  readonly #cancel = new Set<() => void>();
  /** Resolves when calls no longer need to wait. */
  #pause: Promise<void> | undefined;
  /** Whether something was written since the last checkpoint began. */
  #isDirty = false;
  /** The number of write calls since the last checkpoint began, and when that was. */
  #unsaved = 0;
  #savedAt: number;
  /** When the database was last synced to disk. */
  #syncedAt: number;
  /**
   * The file's descriptor. It is closed last, since closing it would release SQLite's locks on the file in this
   * process.
   */
  readonly #descriptor: number;
  /** Why the last checkpoint failed. */
  #saveProblem: string | undefined;
  #saving: Promise<void> | undefined;
  #swept: Uint8Array = new Uint8Array(0);
  #isClosed = false;

  private constructor(
    path: string,
    database: Database,
    { clock = systemClock, today = Date.now, pages }: SqliteStoreOptions,
  ) {
    super();
    if (pages !== undefined) database.exec(`PRAGMA max_page_count = ${pages}`);
    const { latest = 0, version = "" } =
      database.prepare("SELECT latest, sqlite_version() AS version FROM clock").get() ?? {};
    this.#version = String(version);
    this.#path = path;
    this.#clock = clock;
    this.#database = database;
    this.#table = new EntryTable(database, new Timeline(clock, today(), Number(latest)));
    this.#savedAt = this.#syncedAt = clock.now();
    this.#descriptor = openSync(path, "r");
    this.#later(LOOK_INTERVAL, () => this.#saveAgain());
    this.#later(SWEEP_INTERVAL, () => this.#sweepAgain());
  }

  /**
   * Opens a file, and creates it if it does not exist.
   *
   * @param path the path of the file; its folder must exist and be writable
   * @param options settings
   * @throws {StateFileError} if it cannot be created or opened, is damaged, has a newer version, or is not a file of a
   * store
   * @throws {NoSqliteError} if this runtime has no SQLite
   */
  static open(path: string, options: SqliteStoreOptions = {}): SqliteStore {
    const database = openStateFile(path);
    try {
      return new SqliteStore(path, database, options);
    } catch (error) {
      database.close();
      throw new StateFileError(path, sqliteErrorText(error), { cause: error });
    }
  }

  /**
   * Opens an existing file.
   *
   * @param path the path of the file
   * @throws {StateFileError} if it does not exist, cannot be opened, is damaged, has a newer version, or is not a file
   * of a store
   * @throws {NoSqliteError} if this runtime has no SQLite
   */
  static openExisting(path: string): SqliteStore {
    if (!statSync(path, { throwIfNoEntry: false })) throw new StateFileError(path, "there is no such file");
    return SqliteStore.open(path);
  }

  /** Why written data may not be safe on disk: the error of the last sync; undefined if it succeeded. */
  get saveProblem(): string | undefined {
    return this.#saveProblem;
  }

  protected override async call(call: StoreCall): Promise<StoreResult> {
    const [outcome] = await this.carryOut([call]);
    if ("error" in outcome!) throw outcome.error;
    return outcome!.result;
  }

  /** Executes calls in one transaction, in order. Never rejects. */
  async carryOut(calls: readonly StoreCall[]): Promise<readonly CallOutcome[]> {
    while (this.#pause) await this.#pause;
    const unavailable = (reason: string) => {
      const error = new StoreUnavailableError(this.#path, reason);
      return calls.map(() => ({ error }));
    };
    if (this.#isClosed) return unavailable("it is closed");
    const writes = calls.some(isWrite);
    const { size } = this.#table;
    try {
      if (writes) this.#database.exec("BEGIN IMMEDIATE");
      const outcomes = calls.map((call) => this.#outcome(call));
      if (writes) this.#database.exec("COMMIT");
      this.#isDirty ||= writes;
      if (writes) this.#unsaved += calls.length;
      return outcomes;
    } catch (error) {
      if (writes) this.#rollBack(size);
      return unavailable(sqliteErrorText(error));
    }
  }

  async *entries(prefix = ""): AsyncGenerator<StateEntry> {
    let after: Uint8Array | undefined;
    do {
      const { last, entries } = this.#table.page(prefix, after, PAGE);
      yield* entries;
      after = last;
      // Other calls may come in between.
      await new Promise((resolve) => setTimeout(resolve));
    } while (after && !this.#isClosed);
  }

  // deno-lint-ignore require-await -- an error of SQLite is a rejection
  async info(): Promise<StateInfo> {
    const bytes = [this.#path, `${this.#path}-wal`].map((path) =>
      statSync(path, { throwIfNoEntry: false })?.size ?? 0
    );
    return {
      kind: "file",
      address: this.#path,
      software: `SQLite ${this.#version}`,
      entries: this.#table.size,
      bytes: bytes.reduce((sum, size) => sum + size),
    };
  }

  /** Syncs everything to disk, and closes the file. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const cancel of this.#cancel) cancel();
    await this.#saving;
    await this.#checkpointer?.close();
    try {
      this.#table.noteTime();
    } finally {
      this.#database.close();
      closeSync(this.#descriptor);
    }
  }

  #outcome(call: StoreCall): CallOutcome {
    try {
      checkCall(call);
      return { result: this.#table.call(call) };
    } catch (error) {
      if (error instanceof StoreError) return { error };
      throw error;
    }
  }

  #rollBack(size: number): void {
    this.#table.size = size;
    try {
      this.#database.exec("ROLLBACK");
    } catch {
      // SQLite has already rolled back, or there was no transaction.
    }
  }

  // ---- making what was written safe

  async #saveAgain(): Promise<void> {
    const now = this.#clock.now();
    if (this.#isDirty && (this.#unsaved >= MANY_CALLS || now - this.#savedAt >= SAVE_INTERVAL)) {
      this.#savedAt = now;
      this.#unsaved = 0;
      this.#saving = this.#save();
      await this.#saving;
    }
    this.#later(LOOK_INTERVAL, () => this.#saveAgain());
  }

  async #save(): Promise<void> {
    this.#isDirty = false;
    const thread = this.#checkpointer ??= new Checkpointer(this.#path);
    try {
      this.#table.noteTime();
      const { log } = await thread.run();
      await this.#syncAgain(log >= LONG_LOG);
      if (log >= LONG_LOG) await this.#beginLogAnew(thread);
      this.#saveProblem = undefined;
    } catch (error) {
      if (thread.hasEnded) this.#checkpointer = undefined;
      this.#isDirty = true;
      this.#saveProblem = sqliteErrorText(error);
    }
  }

  /**
   * Syncs the database to disk. Under steady load SQLite postpones this until the log restarts, and calls would then
   * wait for all of it.
   *
   * @param isDue whether it must be done now; otherwise it is done once a second
   */
  async #syncAgain(isDue: boolean): Promise<void> {
    const now = this.#clock.now();
    if (!isDue && now - this.#syncedAt < SAVE_INTERVAL) return;
    this.#syncedAt = now;
    await promisify(fdatasync)(this.#descriptor);
  }

  /**
   * Restarts the log. All of it must be in the database for that, which under steady load happens only while calls
   * wait.
   */
  async #beginLogAnew(thread: Checkpointer): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#pause = promise;
    try {
      await thread.run();
    } finally {
      this.#pause = undefined;
      resolve();
    }
  }

  // ---- entries whose time is over

  #sweepAgain(): void {
    let isSoon = false;
    const { size } = this.#table;
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      const { last, removed } = this.#table.sweep(this.#swept, SWEEP_SIZE);
      this.#database.exec("COMMIT");
      this.#swept = last ?? new Uint8Array(0);
      this.#isDirty ||= removed > 0;
      isSoon = last !== undefined && removed > SWEEP_SIZE / 10;
    } catch {
      // The other calls fail for the same reason.
      this.#rollBack(size);
    }
    this.#later(isSoon ? SWEEP_SOON : SWEEP_INTERVAL, () => this.#sweepAgain());
  }

  #later(milliseconds: number, work: () => unknown): void {
    if (this.#isClosed) return;
    const cancel = this.#clock.after(milliseconds, () => {
      this.#cancel.delete(cancel);
      void work();
    }, true);
    this.#cancel.add(cancel);
  }
}

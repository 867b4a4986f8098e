/**
 * A store in a file of SQLite. One process at a time uses it: others ask that one, see `keeper/`.
 *
 * @module
 */

import { statSync } from "node:fs";
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

/** How often what was written is made safe on the disk, in milliseconds: a power failure loses no more, and that write. */
const SAVE_INTERVAL = 1000;
/** The size of the log, in pages, from which calls wait for a moment so that it can begin anew: 128 MiB. */
const LONG_LOG = 32_768;
/** How often a part of the file is searched for entries whose time is over, in milliseconds. */
const SWEEP_INTERVAL = 1000;
/** How many entries such a part has. */
const SWEEP_SIZE = 500;
/** How soon the next part is searched where many were over, in milliseconds. */
const SWEEP_SOON = 20;
/** How many entries are read at once to go through all. */
const PAGE = 500;

/** Settings of a store in a file. */
export interface SqliteStoreOptions {
  /** The clock for intervals and lives. @default the system's */
  readonly clock?: Clock;
  /** Returns the system's time, in milliseconds since 1970. @default Date.now */
  readonly today?: () => number;
  /** The most pages of 4 KiB that the file may have. @default as many as the disk has room for */
  readonly pages?: number;
}

/**
 * Keeps entries in a file of SQLite, with a write-ahead log. A call that was answered is with the operating system: it outlives
 * the end of the process. Once a second it is made safe on the disk, so a power failure loses what was counted in the last
 * second or two, and damages nothing.
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
  /** The thread for checkpoints, once there was something to do. */
  #checkpointer: Checkpointer | undefined;
  readonly #cancel = new Set<() => void>();
  /** Settles when calls need not wait any more. */
  #pause: Promise<void> | undefined;
  /** Whether something was written since the last checkpoint began. */
  #isDirty = false;
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
    this.#later(SAVE_INTERVAL, () => this.#saveAgain());
    this.#later(SWEEP_INTERVAL, () => this.#sweepAgain());
  }

  /**
   * Opens a file, and makes it if there is none.
   *
   * @param path the path of the file; its folder must exist and be writable
   * @param options the clock
   * @throws {StateFileError} if it cannot be made or opened, is damaged, of a newer version, or something else
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
   * Opens a file that is there.
   *
   * @param path the path of the file
   * @throws {StateFileError} if there is none, or it cannot be opened, is damaged, of a newer version, or something else
   * @throws {NoSqliteError} if this runtime has no SQLite
   */
  static openExisting(path: string): SqliteStore {
    if (!statSync(path, { throwIfNoEntry: false })) throw new StateFileError(path, "there is no such file");
    return SqliteStore.open(path);
  }

  /** Why what was written may not be safe on the disk: the last attempt failed; undefined if it did not. */
  get saveProblem(): string | undefined {
    return this.#saveProblem;
  }

  protected override async call(call: StoreCall): Promise<StoreResult> {
    const [outcome] = await this.carryOut([call]);
    if ("error" in outcome!) throw outcome.error;
    return outcome!.result;
  }

  /** Carries out calls in one transaction, in their order. Never rejects. */
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
      // Others may call in between.
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

  /** Makes everything safe on the disk, and closes the file. */
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
      // SQLite has done so, or there was no transaction.
    }
  }

  // ---- making what was written safe

  async #saveAgain(): Promise<void> {
    if (this.#isDirty) {
      this.#saving = this.#save();
      await this.#saving;
    }
    this.#later(SAVE_INTERVAL, () => this.#saveAgain());
  }

  async #save(): Promise<void> {
    this.#isDirty = false;
    const thread = this.#checkpointer ??= new Checkpointer(this.#path);
    try {
      this.#table.noteTime();
      const { log } = await thread.run();
      if (log >= LONG_LOG) await this.#beginLogAnew(thread);
      this.#saveProblem = undefined;
    } catch (error) {
      if (thread.hasEnded) this.#checkpointer = undefined;
      this.#isDirty = true;
      this.#saveProblem = sqliteErrorText(error);
    }
  }

  /** The log begins anew when all of it is in the database, and under a steady load only calls that wait let that happen. */
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
      // The calls of others fail for the same reason, and say so.
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

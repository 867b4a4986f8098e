/**
 * A thread that moves what SQLite has written to its log into the database: this waits for the disk, and the thread
 * that answers calls must not.
 *
 * @module
 */

import { Worker } from "node:worker_threads";
import { SQLITE } from "./database.ts";
import { sqliteErrorText } from "./file_error.ts";

/** The result of a checkpoint, in pages. */
export interface Checkpoint {
  /** The pages of the log; 0 if it is empty. */
  readonly log: number;
  /** How many of them are in the database. */
  readonly done: number;
}

/**
 * The thread's program. It is a text, since compilers and packagers would have to find a separate file. SQLite syncs
 * the log to disk before it moves pages (`synchronous = NORMAL`).
 */
const PROGRAM = `
const { parentPort, workerData } = require("node:worker_threads");
const { sqlite, path, wait } = workerData;
const database = new (require(sqlite.module)[sqlite.type])(path);
database.exec("PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = " + wait);
const statement = database.prepare("PRAGMA wal_checkpoint(PASSIVE)");
parentPort.on("message", (message) => {
  if (message === "close") {
    statement.finalize?.();
    database.close();
    parentPort.postMessage({ log: 0, done: 0 });
    return;
  }
  try {
    const { log, checkpointed } = statement.get();
    parentPort.postMessage({ log, done: checkpointed });
  } catch (error) {
    parentPort.postMessage({ error: error.message });
  }
});
`;

/** How long the thread waits for a lock, in milliseconds. */
const LOCK_WAIT = 1000;

type Answer = Checkpoint | { readonly error: string };

interface Waiting {
  readonly resolve: (checkpoint: Checkpoint) => void;
  readonly reject: (error: Error) => void;
}

/** A thread for checkpoints of one database. */
export class Checkpointer {
  readonly #thread: Worker;
  #waiting: Waiting | undefined;
  #failed: Error | undefined;

  /** @param path the file of the database, which exists */
  constructor(path: string) {
    this.#thread = new Worker(PROGRAM, { eval: true, workerData: { sqlite: SQLITE, path, wait: LOCK_WAIT } });
    this.#thread.on("message", (answer: Answer) => {
      const waiting = this.#answered();
      if ("error" in answer) waiting?.reject(new Error(sqliteErrorText(new Error(answer.error))));
      else waiting?.resolve(answer);
    });
    this.#thread.on("error", (error: Error) => this.#fail(error));
    this.#thread.on("exit", () => this.#fail(new Error("the thread for checkpoints has ended")));
  }

  /** Whether the thread has ended with an error: a new one may succeed. */
  get hasEnded(): boolean {
    return this.#failed !== undefined;
  }

  /**
   * Moves the current content of the log into the database. Only one call at a time.
   *
   * @throws {Error} if writing to disk fails
   */
  async run(): Promise<Checkpoint> {
    return await this.#ask("run");
  }

  /** Closes its database, and ends the thread. */
  async close(): Promise<void> {
    await this.#ask("close").catch(() => {});
    await this.#thread.terminate();
  }

  #ask(message: string): Promise<Checkpoint> {
    if (this.#failed) return Promise.reject(this.#failed);
    // The process may end while the thread is idle, but not before it has answered.
    this.#thread.ref();
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#thread.postMessage(message);
    });
  }

  #answered(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#thread.unref();
    return waiting;
  }

  #fail(error: Error): void {
    this.#failed ??= error;
    this.#answered()?.reject(error);
  }
}

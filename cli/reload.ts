/**
 * A new version of what is served, for new connections: when a signal asks for it, or watched files change.
 *
 * @module
 */

import { ConfigError, describeProblem } from "./config/problem.ts";
import { log } from "./log.ts";
import type { PoolSetup, WorkerPool } from "./workers/pool.ts";
import { WorkerStartError } from "./workers/worker_start.ts";

/** Reads what is to be served from now on; undefined: what the command line says, which stays. */
export type ReadAnew = () => Promise<PoolSetup | undefined>;

/** Has a pool take new versions, one at a time. */
export class Reloader {
  readonly #pool: WorkerPool;
  readonly #read: ReadAnew;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param pool whose workers are replaced
   * @param read reads what is to be served from now on
   */
  constructor(pool: WorkerPool, read: ReadAnew) {
    this.#pool = pool;
    this.#read = read;
  }

  /**
   * Takes a new version, and logs what came of it. What cannot be taken changes nothing.
   *
   * @param why what the log says before it, such as `a.ts changed`
   * @param files that changed
   * @param signal ends the attempt
   */
  async reload(why: string, files: readonly string[], signal?: AbortSignal): Promise<void> {
    const work = this.#last.then(() => this.#once(why, files, signal));
    this.#last = work;
    await work;
  }

  async #once(why: string, files: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    try {
      const connections = await this.#pool.replace(signal, await this.#read());
      if (connections === undefined) return;
      log("info", `${why}: new connections get the new version, ${connections} stay with the one before`, {
        type: "replaced",
        files,
        connections,
      });
    } catch (error) {
      // The next one is at hand.
      if (signal?.aborted) return;
      for (const reason of reasonsOf(error as Error)) {
        log("error", `${why}, but the version before goes on: ${reason}`, {
          type: "not-replaced",
          files,
          error: reason,
        });
      }
    }
  }
}

function reasonsOf(error: Error): string[] {
  if (error instanceof ConfigError) return error.value.map(describeProblem);
  if (error instanceof WorkerStartError) return [error.value.reason ?? error.message];
  return [error.message.replace(/^milterkit serve: /, "")];
}

/**
 * Reloads what is served, for new connections, on a signal or when watched files change.
 *
 * @module
 */

import { ConfigError, describeProblem } from "../config/problem.ts";
import { log } from "../log/log.ts";
import type { ReloadCounts } from "../observe/monitored_service.ts";
import { WorkerStartError } from "./workers/worker_start.ts";

/**
 * Loads a new version and serves it to new connections.
 *
 * @param signal abandons the attempt
 * @returns how many connections keep the previous version; undefined if the service is stopping
 */
export type Replace = (signal: AbortSignal | undefined) => Promise<number | undefined>;

/** Is notified of reloads. */
export interface ReloadWatcher {
  /** A reload begins. */
  reloading(): void;
  /**
   * A reload has ended.
   *
   * @param reason why it failed; undefined if it succeeded
   * @param notice what else the administrator needs to know
   */
  reloaded(reason: string | undefined, notice: string | undefined): void;
}

/** Runs reloads, one at a time, and counts them. */
export class Reloader implements ReloadCounts {
  good = 0;
  failed = 0;
  lastGood: number | undefined;
  lastFailure: ReloadCounts["lastFailure"];
  readonly #replace: Replace;
  readonly #watcher: ReloadWatcher;
  readonly #notice: () => string | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param replace loads and serves a new version
   * @param watcher notified of each reload
   * @param notice returns what to tell with each reload, such as that the program is older than its file
   */
  constructor(replace: Replace, watcher: ReloadWatcher, notice: () => string | undefined) {
    this.#replace = replace;
    this.#watcher = watcher;
    this.#notice = notice;
  }

  /**
   * Reloads, and logs the result. A reload that fails changes nothing.
   *
   * @param why the start of the log line, such as `a.ts changed`
   * @param files the files that changed
   * @param signal abandons the attempt
   */
  async reload(why: string, files: readonly string[], signal?: AbortSignal): Promise<void> {
    const work = this.#last.then(() => this.#once(why, files, signal));
    // An error in one must not prevent the next.
    this.#last = work.catch(() => {});
    await work;
  }

  async #once(why: string, files: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    this.#watcher.reloading();
    const reason = await this.#attempt(why, files, signal);
    const notice = this.#notice();
    if (notice !== undefined) log("warning", `${why}: ${notice}`, { type: "program-replaced" });
    this.#watcher.reloaded(reason, notice);
  }

  /** Returns why the reload failed (the first reason, if there are several); undefined if it succeeded. */
  async #attempt(
    why: string,
    files: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    try {
      const connections = await this.#replace(signal);
      if (connections === undefined) return;
      this.good++;
      this.lastGood = Date.now();
      this.lastFailure = undefined;
      log(
        "info",
        `${why}: reloaded; new connections get the new version, ${connections} keep the previous one`,
        {
          type: "replaced",
          files,
          connections,
        },
      );
    } catch (error) {
      // The next reload has already been requested.
      if (signal?.aborted) return;
      this.failed++;
      const reasons = reasonsOf(error as Error);
      this.lastFailure = { at: Date.now(), reason: reasons.join("; ") };
      for (const reason of reasons) {
        log("error", `${why}: reload failed, the previous version stays in use: ${reason}`, {
          type: "not-replaced",
          files,
          error: reason,
        });
      }
      return reasons[0];
    }
  }
}

function reasonsOf(error: Error): string[] {
  if (error instanceof ConfigError) return error.value.map(describeProblem);
  if (error instanceof WorkerStartError) return [error.value.reason ?? error.message];
  return [error.message.replace(/^milterkit serve: /, "")];
}

/**
 * A new version of what is served, for new connections: when a signal asks for it, or watched files change.
 *
 * @module
 */

import { ConfigError, describeProblem } from "../config/problem.ts";
import { log } from "../log/log.ts";
import type { ReloadCounts } from "../observe/monitored_service.ts";
import { WorkerStartError } from "./workers/worker_start.ts";

/**
 * Reads what is to be served from now on, and has it served.
 *
 * @param signal ends the attempt
 * @returns how many connections stay with the version before; undefined where there is nobody to serve any more
 */
export type Replace = (signal: AbortSignal | undefined) => Promise<number | undefined>;

/** Told of attempts to take a new version. */
export interface ReloadWatcher {
  /** One begins. */
  reloading(): void;
  /** One has come to its end. @param reason why the version before goes on, where one was to be had */
  reloaded(reason?: string): void;
}

/** Has new versions taken, one at a time. */
export class Reloader implements ReloadCounts {
  good = 0;
  failed = 0;
  lastGood: number | undefined;
  lastFailure: ReloadCounts["lastFailure"];
  readonly #replace: Replace;
  readonly #watcher: ReloadWatcher;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param replace has a new version served
   * @param watcher told of each attempt
   */
  constructor(replace: Replace, watcher: ReloadWatcher) {
    this.#replace = replace;
    this.#watcher = watcher;
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
    // A mistake in one must not keep the next from being tried.
    this.#last = work.catch(() => {});
    await work;
  }

  async #once(why: string, files: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    this.#watcher.reloading();
    this.#watcher.reloaded(await this.#attempt(why, files, signal));
  }

  /** Gives the reason, or the first one, why the version before goes on. */
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
      log("info", `${why}: new connections get the new version, ${connections} stay with the one before`, {
        type: "replaced",
        files,
        connections,
      });
    } catch (error) {
      // The next one is at hand.
      if (signal?.aborted) return;
      this.failed++;
      const reasons = reasonsOf(error as Error);
      this.lastFailure = { at: Date.now(), reason: reasons.join("; ") };
      for (const reason of reasons) {
        log("error", `${why}, but the version before goes on: ${reason}`, {
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

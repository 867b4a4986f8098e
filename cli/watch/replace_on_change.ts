/**
 * New workers for files that have changed.
 *
 * @module
 */

import { log } from "../log.ts";
import { showFile } from "../user_filter/place.ts";
import type { WorkerPool } from "../workers/pool.ts";
import { WorkerStartError } from "../workers/worker_start.ts";
import type { FileWatch } from "./file_watch.ts";

/** How long a start may go on that came too early: the files have changed again, in milliseconds. */
const OUTDATED_LIMIT = 1000;

/**
 * Has a pool's workers replaced whenever a file changes, until the pool ends. Changes that come while workers start are
 * taken once they have, or once they have had their time.
 *
 * @param watch the files
 * @param pool whose workers run what they hold
 */
export function replaceOnChange(watch: FileWatch, pool: WorkerPool): void {
  const changed = new Set<string>();
  let attempt: AbortController | undefined;
  const replace = async (): Promise<void> => {
    while (changed.size > 0) {
      const files = [...changed].map(showFile);
      changed.clear();
      attempt = new AbortController();
      await replaceOnce(pool, files, attempt.signal);
    }
    attempt = undefined;
  };
  log("info", `watching ${watch.files.map(showFile).join(", ")}`, { type: "watching", files: watch.files });
  watch.start((files) => {
    for (const file of files) changed.add(file);
    const outdated = attempt;
    if (outdated) setTimeout(() => outdated.abort(), OUTDATED_LIMIT);
    else void replace();
  });
  void pool.finished.then(() => watch.close());
}

async function replaceOnce(pool: WorkerPool, files: readonly string[], signal: AbortSignal): Promise<void> {
  const what = `${files.join(", ")} changed`;
  try {
    const connections = await pool.replace(signal);
    if (connections === undefined) return;
    log("info", `${what}: new connections get the new version, ${connections} stay with the one before`, {
      type: "replaced",
      files,
      connections,
    });
  } catch (error) {
    // The next one is at hand.
    if (signal.aborted) return;
    const reason = error instanceof WorkerStartError
      ? error.value.reason ?? error.message
      : (error as Error).message;
    log("error", `${what}, but the version before goes on: ${reason}`, {
      type: "not-replaced",
      files,
      error: reason,
    });
  }
}

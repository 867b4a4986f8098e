/**
 * New workers for files that have changed.
 *
 * @module
 */

import { log } from "../../log/log.ts";
import { showFile } from "../../user_filter/place.ts";
import type { FileWatch } from "./file_watch.ts";

/** How long a start may go on that came too early: the files have changed again, in milliseconds. */
const OUTDATED_LIMIT = 1000;

/**
 * Has a new version taken whenever a file changes. Changes that come while one is taken are next, or when that has had
 * its time.
 *
 * @param watch the files
 * @param take takes a new version; never rejects
 */
export function replaceOnChange(
  watch: FileWatch,
  take: (files: readonly string[], signal: AbortSignal) => Promise<void>,
): void {
  const changed = new Set<string>();
  let attempt: AbortController | undefined;
  const replace = async (): Promise<void> => {
    while (changed.size > 0) {
      const files = [...changed].map(showFile);
      changed.clear();
      attempt = new AbortController();
      await take(files, attempt.signal);
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
}

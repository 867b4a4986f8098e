/**
 * Reloads when watched files change.
 *
 * @module
 */

import { log } from "../../log/log.ts";
import { showFile } from "../../user_filter/place.ts";
import type { FileWatch } from "./file_watch.ts";

/** How long a reload may continue after its files have changed again, in milliseconds. */
const OUTDATED_LIMIT = 1000;

/**
 * Reloads whenever a file changes. A change during a reload starts the next one as soon as that ends or its time is up.
 *
 * @param watch the watch, not yet started
 * @param reload reloads; never rejects
 */
export function replaceOnChange(
  watch: FileWatch,
  reload: (files: readonly string[], signal: AbortSignal) => Promise<void>,
): void {
  const changed = new Set<string>();
  let attempt: AbortController | undefined;
  const replace = async (): Promise<void> => {
    while (changed.size > 0) {
      const files = [...changed].map(showFile);
      changed.clear();
      attempt = new AbortController();
      await reload(files, attempt.signal);
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

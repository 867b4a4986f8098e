/**
 * Shows on a terminal how far a run is.
 *
 * @module
 */

import { plural } from "../../terminal/plural.ts";
import { StatusLine } from "../../terminal/status_line.ts";
import { exactTimeText } from "./text_report.ts";
import type { Load } from "./load.ts";

/** Time between two updates of the line, in milliseconds. */
const INTERVAL = 200;

/**
 * Shows a line on standard error and keeps it up to date. If standard error is not a terminal, nothing is written.
 *
 * @param load the run
 * @returns a function that removes the line
 */
export function showProgress(load: Load): () => void {
  const line = new StatusLine();
  if (!line.shown) return () => {};
  const began = performance.now();
  const timer = setInterval(() => {
    const seconds = (performance.now() - began) / 1000;
    const { messages, latency, faultCount } = load.results;
    const since = load.schedule.began;
    const rate = since === undefined ? 0 : messages * 1000 / Math.max(1, performance.now() - since);
    const parts = [
      `${seconds.toFixed(0)} s`,
      plural(messages, "message"),
      `${rate.toFixed(0)}/s`,
      `p99 ${exactTimeText(latency.percentile(99))}`,
      ...(faultCount > 0 ? [plural(faultCount, "error")] : []),
    ];
    line.write(parts.join("   "));
  }, INTERVAL);
  return () => {
    clearInterval(timer);
    line.clear();
  };
}

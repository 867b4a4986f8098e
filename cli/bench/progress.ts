/**
 * How far a run is, on a terminal's last line.
 *
 * @module
 */

import process from "node:process";
import { timeText } from "./text_report.ts";
import type { Load } from "./load.ts";

/** How often the line is written, in milliseconds. */
const INTERVAL = 200;

/**
 * Writes a line on standard error anew again and again; nothing where that is no terminal.
 *
 * @param load what is running
 * @returns takes the line away
 */
export function showProgress(load: Load): () => void {
  if (!process.stderr.isTTY) return () => {};
  const began = performance.now();
  const timer = setInterval(() => {
    const seconds = (performance.now() - began) / 1000;
    const { messages, latency, faultCount } = load.results;
    const since = load.schedule.began;
    const rate = since === undefined ? 0 : messages * 1000 / Math.max(1, performance.now() - since);
    const parts = [
      `${seconds.toFixed(0)} s`,
      `${messages} messages`,
      `${rate.toFixed(0)}/s`,
      `p99 ${timeText(latency.percentile(99))}`,
      ...(faultCount > 0 ? [`${faultCount} errors`] : []),
    ];
    process.stderr.write(`\r\x1b[K${parts.join("   ")}`);
  }, INTERVAL);
  return () => {
    clearInterval(timer);
    process.stderr.write("\r\x1b[K");
  };
}

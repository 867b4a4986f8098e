/**
 * What this process takes of the machine.
 *
 * @module
 */

import { readdirSync } from "node:fs";
import process from "node:process";
import type { ProcessFigures } from "./process_report.ts";

/** What this process holds now. */
export function processFigures(): ProcessFigures {
  const { rss, heapUsed } = process.memoryUsage();
  return { resident: rss, heap: heapUsed, descriptors: openDescriptors() };
}

/** Tells the processor time that this process took since it was last asked. */
export class ProcessorTime {
  #before = 0;

  /** In seconds; since the start of the process the first time. */
  take(): number {
    const { user, system } = process.cpuUsage();
    const now = (user + system) / 1e6;
    const passed = Math.max(0, now - this.#before);
    this.#before = now;
    return passed;
  }
}

function openDescriptors(): number | undefined {
  try {
    // One is of the look itself.
    return readdirSync("/proc/self/fd").length - 1;
  } catch {
    return undefined;
  }
}

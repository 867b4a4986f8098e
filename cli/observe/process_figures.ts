/**
 * Measures the resources that this process uses.
 *
 * @module
 */

import { readdirSync } from "node:fs";
import process from "node:process";
import type { ProcessFigures } from "./process_report.ts";

/** Returns the resources that this process uses. */
export function processFigures(): ProcessFigures {
  const { rss, heapUsed } = process.memoryUsage();
  return { resident: rss, heap: heapUsed, descriptors: openDescriptors() };
}

/** Measures the processor time of this process between calls. */
export class ProcessorTime {
  #before = 0;

  /** Returns the time since the last call, or since the start of the process, in seconds. */
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
    // Reading the folder takes a descriptor too.
    return readdirSync("/proc/self/fd").length - 1;
  } catch {
    return undefined;
  }
}

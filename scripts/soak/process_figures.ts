/**
 * Reads memory, descriptors and processor time of a process under test from Linux's /proc.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";

/** Figures of a process at one time. */
export interface ProcessFigures {
  /** Resident memory, in bytes. */
  readonly rss: number;
  /** Peak resident memory, in bytes. */
  readonly peak: number;
  /** Open descriptors. */
  readonly descriptors: number;
  /** Processor time so far, in seconds. */
  readonly cpu: number;
}

/** Ticks per second throughout /proc, independent of the kernel's own clock. */
const TICKS = 100;

/**
 * Looks at a process.
 *
 * @param pid its number
 * @throws {Error} where it is gone
 */
export function figuresOf(pid: number): ProcessFigures {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const bytes = (name: string) =>
    1024 * Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The name before them may hold anything, blanks and brackets too.
  const [user = 0, system = 0] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 13)
    .map(Number);
  return {
    rss: bytes("VmRSS"),
    peak: bytes("VmHWM"),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    cpu: (user + system) / TICKS,
  };
}

/**
 * How many connections the system's limit of open descriptors leaves room for.
 *
 * @module
 */

import { readFileSync } from "node:fs";

/** Descriptors that are kept for all else, at least: the runtime's own, listeners, DNS, files, workers. */
const KEPT = 24;
/** The same as a share of all of them: the more connections, the more large messages in files. */
const KEPT_SHARE = 1 / 8;

/**
 * The most connections that this process can hold. Out of descriptors it could not even close what waits to be accepted:
 * Bun then tries without end, and says nothing.
 *
 * @returns Infinity where the system does not tell
 */
export function connectionsByDescriptors(): number {
  try {
    return connectionsWithin(readFileSync("/proc/self/limits", "latin1"));
  } catch {
    return Infinity;
  }
}

/**
 * The same, read from Linux's table of limits. What holds is the soft limit, which the runtimes raise to the hard one
 * when they start.
 *
 * @param limits the text of `/proc/self/limits`
 */
export function connectionsWithin(limits: string): number {
  const found = /^Max open files\s+(\d+)/m.exec(limits);
  if (!found) return Infinity;
  const descriptors = Number(found[1]);
  return Math.max(1, descriptors - Math.max(KEPT, Math.ceil(descriptors * KEPT_SHARE)));
}

/**
 * What the system's limit of open descriptors leaves room for.
 *
 * @module
 */

import { readFileSync } from "node:fs";

/** Descriptors that are kept for all else, at least: the runtime's own, listeners, DNS, files, workers. */
const KEPT = 24;
/** The same as a share of all of them: the more connections, the more large messages in files. */
const KEPT_SHARE = 1 / 8;
/**
 * The share of these that lookups in DNS may take. Where a name server does not answer, each connection waits for some:
 * they would take all there is, and no connection could be accepted, or received from a parent.
 */
const LOOKUP_SHARE = 1 / 3;

/**
 * The most connections that this process can hold. Out of descriptors it could not even close what waits to be accepted:
 * Bun then tries without end, and says nothing.
 *
 * @returns Infinity where the system does not tell
 */
export function connectionsByDescriptors(): number {
  return connectionsByLimits(ownLimits());
}

/**
 * The most lookups in DNS that this process can have under way.
 *
 * @returns Infinity where the system does not tell
 */
export function lookupsByDescriptors(): number {
  return lookupsByLimits(ownLimits());
}

/**
 * The same, read from Linux's table of limits. What holds is the soft limit, which the runtimes raise to the hard one
 * when they start.
 *
 * @param limits the text of `/proc/self/limits`
 */
export function connectionsByLimits(limits: string): number {
  const descriptors = descriptorsByLimits(limits);
  return descriptors === Infinity ? Infinity : Math.max(1, descriptors - keptOf(descriptors));
}

/**
 * How many lookups, read from the same table.
 *
 * @param limits the text of `/proc/self/limits`
 */
export function lookupsByLimits(limits: string): number {
  return Math.floor(keptOf(descriptorsByLimits(limits)) * LOOKUP_SHARE);
}

function keptOf(descriptors: number): number {
  return Math.max(KEPT, Math.ceil(descriptors * KEPT_SHARE));
}

function descriptorsByLimits(limits: string): number {
  const found = /^Max open files\s+(\d+)/m.exec(limits);
  return found ? Number(found[1]) : Infinity;
}

/** The system's table; empty where there is none. */
function ownLimits(): string {
  try {
    return readFileSync("/proc/self/limits", "latin1");
  } catch {
    return "";
  }
}

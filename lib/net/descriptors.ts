/**
 * Divides the system's limit of open descriptors among connections and DNS lookups.
 *
 * @module
 */

import { readFileSync } from "node:fs";

/** The minimum number of descriptors reserved for everything else: the runtime, listeners, DNS, files, workers. */
const KEPT = 24;
/** The minimum share of all descriptors that is reserved: more connections mean more large messages in files. */
const KEPT_SHARE = 1 / 8;
/**
 * The share of the reserved descriptors that DNS lookups may use. If a name server does not answer, each connection waits
 * for lookups: without a limit they would use all descriptors, and no connection could be accepted, or received from a
 * parent.
 */
const LOOKUP_SHARE = 1 / 3;

/**
 * The maximum number of connections that this process can have. Without free descriptors it could not even close the
 * connections that wait to be accepted: Bun then retries forever, without an error.
 *
 * @returns Infinity if the system's limit is unknown
 */
export function connectionsByDescriptors(): number {
  return connectionsByLimits(ownLimits());
}

/**
 * The maximum number of DNS lookups that this process can have in progress.
 *
 * @returns Infinity if the system's limit is unknown
 */
export function lookupsByDescriptors(): number {
  return lookupsByLimits(ownLimits());
}

/**
 * The maximum number of connections, by Linux's table of limits. The soft limit applies, which the runtimes raise to
 * the hard one when they start.
 *
 * @param limits the text of `/proc/self/limits`
 */
export function connectionsByLimits(limits: string): number {
  const descriptors = descriptorsByLimits(limits);
  return descriptors === Infinity ? Infinity : Math.max(1, descriptors - keptOf(descriptors));
}

/**
 * The maximum number of DNS lookups, by the same table.
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

/** The system's table; empty if there is none. */
function ownLimits(): string {
  try {
    return readFileSync("/proc/self/limits", "latin1");
  } catch {
    return "";
  }
}

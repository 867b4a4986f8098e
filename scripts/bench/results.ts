/**
 * Recorded results, and the medians and ratios computed from them.
 *
 * @module
 */

import type { Transport } from "./options.ts";

/** One server under one workload in one round. */
export interface LoadResult {
  readonly kind: "load";
  readonly round: number;
  readonly workload: string;
  readonly transport: Transport;
  readonly server: string;
  readonly messages: number;
  readonly messagesPerSecond: number;
  readonly cpuMsPerMessage: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of its core, what the server used: 0 to 1. */
  readonly coreShare: number;
  /** Of that core, what others used; unknown where servers have no core of their own. */
  readonly othersShare: number | undefined;
  /** Times that it broke the protocol or its connection, with what the load generator said. */
  readonly errors: number;
  readonly errorText: string | undefined;
  readonly negotiated?: unknown;
}

/** Before a server holds connections, it has just started, or it has handled messages and rested. */
export type HeldState = "started" | "worked";

/** One server that holds connections, in one round. A MB is a million bytes, a kB a thousand. */
export interface HeldResult {
  readonly kind: "held";
  readonly round: number;
  readonly server: string;
  readonly state: HeldState;
  readonly held: number;
  readonly residentMbBefore: number;
  readonly residentMb: number;
  readonly kbPerConnection: number;
  readonly errors: number;
  readonly errorText: string | undefined;
}

export type Result = LoadResult | HeldResult;

/** A limit, and whether it was met. */
export interface LimitCheck {
  readonly what: string;
  readonly figure: number;
  readonly limit: number;
}

/** Whether the figure is within its limit. */
export function isMet({ figure, limit }: LimitCheck): boolean {
  return figure <= limit;
}

/** The middle one; undefined where there is none. */
export function median(numbers: readonly number[]): number | undefined {
  const sorted = numbers.toSorted((a, b) => a - b);
  const [low, high = low] = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1);
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

/** CPU per message against the reference's, for each round that has both. */
export function ratiosOf(own: readonly LoadResult[], reference: readonly LoadResult[]): number[] {
  return own.flatMap((result) => {
    const other = reference.find(({ round }) => round === result.round);
    return other ? [result.cpuMsPerMessage / other.cpuMsPerMessage] : [];
  });
}

/** How far the numbers lie from their median at most, as a share of it. */
export function spread(numbers: readonly number[]): number {
  const middle = median(numbers);
  if (middle === undefined) return 0;
  return Math.max(...numbers.map((number) => Math.abs(number / middle - 1)));
}

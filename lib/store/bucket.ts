/**
 * The arithmetic of a rate: a bucket that holds `burst`, and fills by `count` within `per`. Every store uses it.
 *
 * @module
 */

import type { Rate, Taken } from "./store.ts";

/** What a store keeps of a bucket. */
export interface Bucket {
  /** How much it held. */
  readonly level: number;
  /** When it held that, in milliseconds, by the store's clock. */
  readonly at: number;
}

/** The result of a step. */
export interface BucketStep {
  /** The answer. */
  readonly taken: Taken;
  /** What to keep; undefined if nothing was taken, so that nothing changes. */
  readonly next?: Bucket;
  /** How long to keep it, in milliseconds: until it is full, since a full bucket equals a missing one. */
  readonly life: number;
}

/** Tolerance for rounding: after the promised wait there must be enough. */
const ROUNDING = 1e-6;

/**
 * Takes from a bucket.
 *
 * A clock that goes back never lowers the level, and the bucket does not gain the same amount again when the clock
 * catches up: it fills from the latest time that it has seen. That time is at most one filling ahead of the clock, so a
 * clock that was far ahead does not block it for long.
 *
 * @param bucket what was kept; undefined for a full one
 * @param rate the rate, checked
 * @param amount how much to take, checked; 0 only looks
 * @param now the time, in milliseconds, by the same clock as `bucket.at`
 */
export function takeFrom(
  bucket: Bucket | undefined,
  { count, per, burst = count }: Rate,
  amount: number,
  now: number,
): BucketStep {
  const filling = burst * per / count;
  const at = bucket ? Math.min(Math.max(bucket.at, now), now + filling) : now;
  const gained = bucket ? Math.max(0, now - bucket.at) * count / per : 0;
  const level = bucket ? Math.min(burst, bucket.level + gained) : burst;
  const ok = level >= amount - ROUNDING;
  const rest = ok ? Math.max(0, level - amount) : level;
  const wait = ok ? 0 : Math.ceil(at - now + (amount - level) * per / count - ROUNDING);
  const taken: Taken = { ok, left: Math.floor(rest + ROUNDING), wait };
  const life = Math.max(1, Math.ceil(at - now + (burst - rest) * per / count));
  return ok && amount > 0 ? { taken, next: { level: rest, at }, life } : { taken, life };
}

/**
 * Who is near a limit, for the status page and its data.
 *
 * @module
 */

import type { NearLimit } from "../near_limits.ts";

/** The most keys that the report names. */
const SHOWN = 20;

/** How much of a limit somebody has used. */
export interface LimitReport {
  /** The filter that has the limit. */
  readonly filter: string;
  /** Whose limit it is, such as a login. */
  readonly key: string;
  /** The limit, such as `100/1h`. */
  readonly limit: string;
  /** How much of it is used. */
  readonly used: number;
  /** How much can be used at once. */
  readonly most: number;
  /** How often it was exceeded, as far as that is remembered: at least the last half hour. */
  readonly refused: number;
  /** When it was last used or exceeded, in ISO 8601. */
  readonly lastAt: string;
}

/** Who is near a limit, the fullest first. */
export interface LimitsReport {
  readonly keys: readonly LimitReport[];
  /** How many more there are at least. */
  readonly more: number;
}

/**
 * Returns the report.
 *
 * @param near who is near a limit, the fullest first
 * @param now the time, in milliseconds since 1970
 */
export function limitsReport(near: readonly NearLimit[], now: number): LimitsReport {
  return {
    keys: near.slice(0, SHOWN).map(({ age, used, ...each }) => ({
      ...each,
      used: Math.ceil(used - 1e-9),
      lastAt: new Date(now - age).toISOString(),
    })),
    more: Math.max(0, near.length - SHOWN),
  };
}

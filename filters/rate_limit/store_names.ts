/**
 * The stores of a filter, for the filter itself and for the command that shows and resets its limits.
 *
 * @module
 */

/** The names of the stores. */
export interface StoreNames {
  /** The buckets. */
  readonly buckets: string;
  /** The keys that notices were sent about. */
  readonly told: string;
  /** The passes of notices on their way. */
  readonly passes: string;
}

/**
 * The names of the stores. A dry run has buckets of its own, so that it leaves nothing behind that counts later.
 *
 * @param dryRun whether the filter is in a dry run
 */
export function storeNames(dryRun: boolean): StoreNames {
  return dryRun
    ? { buckets: "trial-buckets", told: "trial-told", passes: "passes" }
    : { buckets: "buckets", told: "told", passes: "passes" };
}

/**
 * The store of a keeper, which can execute several calls in one step.
 *
 * @module
 */

import type { StateBackend } from "../backend.ts";
import type { CallOutcome, StoreCall } from "../calls.ts";

/** A store that can execute several calls in one step. */
export interface KeptStore extends StateBackend {
  /**
   * Executes calls, in order. Never rejects.
   *
   * @param calls the calls; mistakes among them are outcomes
   * @returns the outcome of each
   */
  carryOut(calls: readonly StoreCall[]): Promise<readonly CallOutcome[]>;
  /** Why written data may not be safe on disk; undefined if it is, or will be within a second. */
  readonly saveProblem?: string | undefined;
}

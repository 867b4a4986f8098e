/**
 * What a keeper keeps: a store that carries out several calls in one step.
 *
 * @module
 */

import type { StateBackend } from "../backend.ts";
import type { CallOutcome, StoreCall } from "../calls.ts";

/** A store that carries out several calls in one step. */
export interface KeptStore extends StateBackend {
  /**
   * Carries out calls, in their order. Never rejects.
   *
   * @param calls the calls; mistakes among them are outcomes
   * @returns what became of each
   */
  carryOut(calls: readonly StoreCall[]): Promise<readonly CallOutcome[]>;
  /** Why what was written may not be safe; undefined if it is, or will be in a second. */
  readonly saveProblem?: string | undefined;
}

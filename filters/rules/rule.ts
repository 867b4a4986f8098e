/**
 * What a rule is.
 *
 * @module
 */

import type { ScopeCondition } from "../../lib/filter/condition.ts";
import type { Actions } from "./actions.ts";
import type { FieldPattern } from "./fields/field_pattern.ts";

/** Which rules act: the first that matches, all that match, or the first that matches each header field. */
export type RuleMatching = "first" | "all" | "field";

/** A rule. */
export interface Rule {
  /** Its name, unique in its filter. */
  readonly name: string;
  /** What must be true of mail; empty for all mail. */
  readonly parts: readonly ScopeCondition[];
  /** What must be true of a header field; undefined if the rule is for messages as a whole. */
  readonly field: FieldPattern | undefined;
  /** What it does with such mail. */
  readonly actions: Actions;
  /** Whether it acts only on mail that meets its conditions for certain, and not on mail that is in doubt. */
  readonly wantsCertainty: boolean;
}

/**
 * Reads rules from options.
 *
 * @module
 */

import { type NamedConditions, wholeCondition } from "../common/condition_options.ts";
import { scopeOfOptions } from "../common/scope_options.ts";
import type { ScopeCondition } from "../../lib/filter/condition.ts";
import { partsOf } from "../../lib/filter/condition_scope.ts";
import { OptionError, type OptionGroup, withGroup } from "../../lib/options/options.ts";
import { type Actions, readActions } from "./actions.ts";
import { refuseVoidRules } from "./void_rules.ts";

/** The most characters of a rule's name, which labels messages and counts in metrics. */
const LONGEST_NAME = 60;

/** A rule. */
export interface Rule {
  /** Its name, unlike that of any other rule of its filter. */
  readonly name: string;
  /** What must be true of mail; empty for all mail. */
  readonly parts: readonly ScopeCondition[];
  /** What it does with such mail. */
  readonly actions: Actions;
  /** Whether it acts only on mail that meets its conditions for certain, and not on mail that is in doubt. */
  readonly wantsCertainty: boolean;
}

/**
 * Reads rules.
 *
 * @param groups the options of each
 * @param matchesAll whether all rules that are met act, up to one that decides, and not only the first
 * @param named the conditions that they can name
 * @throws {OptionError} for a rule that is wrong, or that could never act
 */
export function readRules(
  groups: readonly OptionGroup[],
  matchesAll: boolean,
  named: NamedConditions,
): readonly Rule[] {
  const rules = groups.map((group, i) => withGroup(i, () => readRule(group, groups.slice(0, i), named)));
  refuseVoidRules(rules.map((rule, i) => ({ rule, values: groups[i]!.values })), matchesAll);
  return rules;
}

function readRule(
  { option, name, values }: OptionGroup,
  before: readonly OptionGroup[],
  named: NamedConditions,
): Rule {
  // deno-lint-ignore no-control-regex -- they are what is looked for
  if (name.length > LONGEST_NAME || /[\x00-\x1f\x7f]/.test(name) || name !== name.trim()) {
    throw new OptionError(option, name, `want a name of one line and at most ${LONGEST_NAME} characters`);
  }
  if (before.some((other) => other.name === name)) {
    throw new OptionError(option, name, "an earlier rule has this name; give each its own");
  }
  // For the options that exclude each other.
  scopeOfOptions(values, named);
  const actions = readActions(name, values);
  const { decision, redirect } = actions;
  return {
    name,
    parts: partsOf(wholeCondition(values, named)),
    actions,
    wantsCertainty: decision === "accept" || decision === "discard" || redirect.length > 0,
  };
}

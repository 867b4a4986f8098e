/**
 * Rules with the conditions that they stand under.
 *
 * @module
 */

import type { Change } from "../../lib/filter/filter_terms.ts";
import type { Condition } from "./conditions.ts";
import type { Rule } from "./rules.ts";
import type { TemplateContext } from "./template.ts";
import type { WorkingHeader } from "./working_header.ts";

/** One word with its text: a rule, a condition, or the end of the conditions before it. */
export type RuleStep =
  | { readonly type: "rule"; readonly rule: Rule }
  | { readonly type: "condition"; readonly condition: Condition }
  | { readonly type: "always" };

/** Rules that stand under the same conditions. */
interface Group {
  readonly conditions: Condition[];
  readonly rules: Rule[];
}

/**
 * Makes one rule of a sequence of steps. Conditions hold for the rules behind them, until further conditions or
 * `always` begin a new group; those that stand in a row must all hold. They are asked once, where they stand: a rule
 * of the group that changes what they look at does not stop the rest of it.
 *
 * @param lonely called where a condition has no rule behind it, with the place among the steps of the last such one
 */
export function groupRules(steps: readonly RuleStep[], lonely: (place: number) => never): Rule {
  const groups: Group[] = [{ conditions: [], rules: [] }];
  for (const [place, step] of steps.entries()) {
    let group = groups[groups.length - 1];
    const waiting = group.conditions.length > 0 && group.rules.length === 0;
    if (step.type === "rule") {
      group.rules.push(step.rule);
      continue;
    }
    if (step.type === "always" && waiting) lonely(place - 1);
    if (!waiting) groups.push(group = { conditions: [], rules: [] });
    if (step.type === "condition") group.conditions.push(step.condition);
  }
  const last = groups[groups.length - 1];
  if (last.conditions.length > 0 && last.rules.length === 0) lonely(steps.length - 1);
  return {
    changes: changesOf(groups.flatMap(({ rules }) => rules)),
    apply: (header, context) => applyGroups(groups, header, context),
  };
}

function changesOf(rules: readonly Rule[]): Change[] {
  return [...new Set(rules.flatMap(({ changes }) => changes))];
}

function applyGroups(groups: readonly Group[], header: WorkingHeader, context: TemplateContext): void {
  for (const { conditions, rules } of groups) {
    if (conditions.every((condition) => condition(header, context))) {
      for (const rule of rules) rule.apply(header, context);
    }
  }
}

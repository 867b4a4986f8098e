/**
 * Groups rules by the conditions that apply to them.
 *
 * @module
 */

import type { Condition } from "./conditions.ts";
import type { HeaderEdit } from "../header_edits/edits.ts";
import type { TemplateContext } from "../header_edits/template.ts";
import type { WorkingHeader } from "../header_edits/working_header.ts";

/** One word with its text: a rule, a condition, or the end of the conditions before it. */
export type RuleStep =
  | { readonly type: "rule"; readonly rule: HeaderEdit }
  | { readonly type: "condition"; readonly condition: Condition }
  | { readonly type: "always" };

/** Rules with the same conditions. */
interface Group {
  readonly conditions: Condition[];
  readonly rules: HeaderEdit[];
}

/**
 * Makes one rule from a sequence of steps. Conditions apply to the rules after them, until further conditions or `always`
 * begin a new group; of several in a row, all must be true. They are evaluated once, at their place: a rule of the group
 * that changes what they test does not stop the rest of the group.
 *
 * @param steps each step with its origin
 * @param lonely called if no rule follows a condition, with the origin of the last such condition
 */
export function groupRules<Origin>(
  steps: readonly (readonly [step: RuleStep, origin: Origin])[],
  lonely: (origin: Origin) => never,
): HeaderEdit {
  let group: Group = { conditions: [], rules: [] };
  const groups = [group];
  /** The last condition, as long as no rule follows it. */
  let waiting: { readonly origin: Origin } | undefined;
  for (const [step, origin] of steps) {
    if (step.type === "rule") {
      group.rules.push(step.rule);
      waiting = undefined;
      continue;
    }
    if (step.type === "always" && waiting) lonely(waiting.origin);
    if (!waiting) groups.push(group = { conditions: [], rules: [] });
    if (step.type === "condition") {
      group.conditions.push(step.condition);
      waiting = { origin };
    }
  }
  if (waiting) lonely(waiting.origin);
  const rules = groups.flatMap(({ rules }) => rules);
  return {
    changes: [...new Set(rules.flatMap(({ changes }) => changes))],
    readsHeader: rules.some(({ readsHeader }) => readsHeader) ||
      groups.some(({ conditions }) => conditions.some(({ readsHeader }) => readsHeader)),
    changedFields: [...new Set(rules.flatMap(({ changedFields }) => changedFields))],
    apply: (header, context) => applyGroups(groups, header, context),
  };
}

function applyGroups(groups: readonly Group[], header: WorkingHeader, context: TemplateContext): void {
  for (const { conditions, rules } of groups) {
    if (conditions.every((condition) => condition.holds(header, context))) {
      for (const rule of rules) rule.apply(header, context);
    }
  }
}

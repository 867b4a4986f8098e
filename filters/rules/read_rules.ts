/**
 * Reads rules from options.
 *
 * @module
 */

import { type NamedConditions, wholeCondition } from "../common/condition_options.ts";
import { scopeOfOptions } from "../common/scope_options.ts";
import { partsOf } from "../../lib/filter/condition_scope.ts";
import { OptionError, type OptionGroup, type OptionValues, withGroup } from "../../lib/options/options.ts";
import { readActions } from "./actions.ts";
import { FieldPattern } from "./fields/field_pattern.ts";
import type { Rule, RuleMatching } from "./rule.ts";
import { refuseUnreachableRules } from "./unreachable_rules.ts";

/** The maximum number of characters of a rule's name, which labels messages and counts in metrics. */
const LONGEST_NAME = 60;

/**
 * Reads rules.
 *
 * @param groups the options of each
 * @param matching which rules act
 * @param named the conditions that they can name
 * @throws {OptionError} for a rule that is wrong, or that could never act
 */
export function rulesOfGroups(
  groups: readonly OptionGroup[],
  matching: RuleMatching,
  named: NamedConditions,
): readonly Rule[] {
  const names = new Set<string>();
  const rules = groups.map((group, i) =>
    withGroup(i, () => {
      const rule = readRule(group, names, matching, named);
      names.add(rule.name);
      return rule;
    })
  );
  refuseUnreachableRules(rules.map((rule, i) => ({ rule, values: groups[i]!.values })), matching === "all");
  return rules;
}

function readRule(
  { option, name, values }: OptionGroup,
  before: ReadonlySet<string>,
  matching: RuleMatching,
  named: NamedConditions,
): Rule {
  // deno-lint-ignore no-control-regex -- they are what is looked for
  if (name.length > LONGEST_NAME || /[\x00-\x1f\x7f]/.test(name) || name !== name.trim()) {
    throw new OptionError(option, name, `want a name of one line and at most ${LONGEST_NAME} characters`);
  }
  if (before.has(name)) {
    throw new OptionError(option, name, "an earlier rule has this name; give each its own");
  }
  // For the conflicting options.
  scopeOfOptions(values, named);
  const field = readField(name, values, matching);
  const actions = readActions(name, values, field?.groupNames);
  const { decision, redirect } = actions;
  const spares = decision === "accept" || values.get("flag", "next-field");
  return {
    name,
    parts: partsOf(wholeCondition(values, named)),
    field,
    actions,
    wantsCertainty: spares || decision === "discard" || redirect.length > 0,
  };
}

/** The field that a rule is for. */
function readField(name: string, values: OptionValues, matching: RuleMatching): FieldPattern | undefined {
  const text = values.get("string", "field");
  if (matching !== "field") {
    if (text !== undefined) throw new OptionError("field", text, "only rules of --match field have it");
    return undefined;
  }
  if (text === undefined) {
    throw new OptionError(
      "rule",
      name,
      'with --match field it needs --field, such as --field "/^Subject: x/i"',
    );
  }
  return new FieldPattern(text, (reason) => {
    throw new OptionError("field", text, reason);
  });
}

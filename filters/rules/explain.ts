/**
 * Says why rules act or do not, for `milterkit check --explain`.
 *
 * @module
 */

import { allOf, isDecidedAt } from "../../lib/filter/condition.ts";
import { explainCondition } from "../../lib/filter/condition_reason.ts";
import type { Rule } from "./rule.ts";
import type { RuleQuestion, Walked } from "./walk.ts";

/**
 * Says of each rule that was decided whether it acts, and why, and which rules were not asked.
 *
 * @param explain takes the lines
 * @param rules all rules
 * @param question what they were asked about
 * @param walked how far they were asked
 */
export function explainRules(
  explain: (text: string) => void,
  rules: readonly Rule[],
  { from, stage, facts, recipient }: RuleQuestion,
  { acting, next, ended, passed = [] }: Walked,
): void {
  const about = recipient === undefined ? "" : ` for <${recipient}>`;
  for (const rule of rules.slice(from, ended ?? next)) {
    if (passed.includes(rule)) {
      explain(`rule ${rule.name} is open${about}, and cannot prevent the refusal`);
      continue;
    }
    const acts = acting.includes(rule);
    const decided = rule.parts.filter((part) => isDecidedAt(part, stage));
    const reason = explainCondition(allOf(decided), facts);
    const why = reason === "" ? "it is for all mail" : reason;
    explain(`rule ${rule.name} ${acts ? "acts" : "does not act"}${about}: ${why}`);
  }
  const last = acting.at(-1);
  const left = ended === undefined ? [] : rules.slice(ended).map(({ name }) => name);
  if (last && left.length > 0) {
    explain(`not asked${about}, since the rule ${last.name} came before: ${left.join(", ")}`);
  }
}

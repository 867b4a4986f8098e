/**
 * Says in words why a condition is true, false or in doubt.
 *
 * @module
 */

import type { ScopeCondition, Truth } from "./condition.ts";
import type { ConditionFacts } from "./scope.ts";

/** What joins the condition and what was seen, by the result. */
const JOINS: Readonly<Record<Truth, string>> = { 0: ", but ", 0.5: ", in doubt: ", 1: ", and " };

/**
 * Says why a condition is true, false or in doubt, such as `only-client @internal, but the client is 192.0.2.1`. If all
 * of several conditions must be true, it names the first that is not; if one must be, the first that is.
 *
 * @param condition the condition
 * @param facts the facts to evaluate it with
 * @returns one line, which may contain text that senders chose; empty for a condition that requires nothing
 */
export function explainCondition(condition: ScopeCondition, facts: ConditionFacts): string {
  const { text, not } = condition;
  const truth = condition.test(facts);
  const inner = not ?? condition;
  const seen = inner.seen?.(facts);
  if (seen !== undefined) return text === undefined ? seen : `${text}${JOINS[truth]}${seen}`;
  const parts = not ? explainCondition(not, facts) : deciding(condition, truth, facts);
  return [text, parts].filter((part) => part !== undefined && part !== "").join(": ");
}

/** The reasons of the parts that decide the result of the whole. */
function deciding({ all, any }: ScopeCondition, truth: Truth, facts: ConditionFacts): string {
  const parts = all ?? any ?? [];
  const areAllNeeded = all ? truth === 1 : truth === 0;
  const decisive = areAllNeeded ? parts : parts.filter((part) => part.test(facts) === truth).slice(0, 1);
  return decisive.map((part) => explainCondition(part, facts)).filter((reason) => reason !== "").join("; ");
}

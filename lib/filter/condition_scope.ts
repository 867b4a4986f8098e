/**
 * Makes the scope of a filter from a condition.
 *
 * @module
 */

import { allOf, type ScopeCondition, written } from "./condition.ts";
import { explainCondition } from "./condition_reason.ts";
import type { ConditionFacts, Scope, ScopeQuestion } from "./scope.ts";

/**
 * Makes a scope that covers the mail for which a condition is true or in doubt. It decides as early as possible: a
 * filter is not called at all for a connection that is ruled out.
 */
export function scopeOfCondition(condition: ScopeCondition): Scope {
  const parts = partsOf(condition);
  const of = (stage: ScopeQuestion) => parts.filter((each) => each.stage === stage);
  const at: Readonly<Record<ScopeQuestion, readonly ScopeCondition[]>> = {
    connection: of("connection"),
    message: of("message"),
    recipient: of("recipient"),
    end: of("end"),
  };
  const holds = (stage: ScopeQuestion, facts: ConditionFacts) =>
    at[stage].every((each) => each.test(facts) > 0);
  const early = { recipients: [], results: undefined, headers: undefined };
  const macro = () => undefined;
  const methods = [...new Set(parts.flatMap((each) => each.methods))];
  const macros = [...new Set(parts.flatMap((each) => each.macros ?? []))];
  const endAsks = at.end.flatMap(({ text }) => text ?? []);
  const asks = (stage: ScopeQuestion) => at[stage].length > 0;
  return {
    ...(asks("connection")
      ? {
        connection: (connection) =>
          holds("connection", { ...early, ...connection, sender: undefined, macro }),
      }
      : {}),
    ...(asks("message") ? { message: (message) => holds("message", { ...early, ...message }) } : {}),
    ...(asks("recipient")
      ? {
        recipient: (recipient, results, message) =>
          holds("recipient", { ...early, ...message, recipients: [recipient], results }),
      }
      : {}),
    ...(asks("end") ? { end: (results, message) => holds("end", { ...message, results }) } : {}),
    ...(methods.length > 0 ? { methods } : {}),
    ...(macros.length > 0 ? { macros } : {}),
    ...(endAsks.length > 0 ? { endAsks } : {}),
    reason: (question, facts) =>
      holds(question, facts) ? undefined : explainCondition(allOf(at[question]), facts),
  };
}

/** The parts of a condition that can be evaluated separately, each with the text of the whole. */
export function partsOf(condition: ScopeCondition): readonly ScopeCondition[] {
  const { all, text } = condition;
  if (all === undefined) return [condition];
  const parts = all.flatMap(partsOf);
  return text === undefined
    ? parts
    : parts.map((part) => written(part.text === undefined ? text : `${text}: ${part.text}`, part));
}

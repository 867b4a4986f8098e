/**
 * Asks rules in their order, as far as they can be decided.
 *
 * The rules are asked for each recipient by itself. As long as one in doubt or undecided stands before them, those behind it
 * wait, so that the outcome is that of asking all of them at the end.
 *
 * @module
 */

import { type ConditionFacts, isDecidedAt, type Stage, type Truth } from "../../lib/filter/condition.ts";
import type { Rule } from "./rule.ts";

/** How far rules were asked. */
export interface Walked {
  /** The rules that act, in order. */
  readonly acting: readonly Rule[];
  /** The index of the first rule that is not decided; undefined if no rule is left to ask. */
  readonly next: number | undefined;
}

/**
 * Asks rules.
 *
 * @param rules all rules
 * @param matchesAll whether only a rule that decides ends them, and not any that acts
 * @param from the index of the first one to ask
 * @param stage what is known; before the end of the message, what is in doubt waits
 * @param facts what is known
 */
export function walk(
  rules: readonly Rule[],
  matchesAll: boolean,
  from: number,
  stage: Stage,
  facts: ConditionFacts,
): Walked {
  const acting: Rule[] = [];
  for (let i = from; i < rules.length; i++) {
    const rule = rules[i]!;
    const truth = truthOf(rule, stage, facts);
    if (truth === undefined) return { acting, next: i };
    if (truth === 0 || (truth < 1 && rule.wantsCertainty)) continue;
    acting.push(rule);
    if (!matchesAll || rule.actions.decision !== undefined) break;
  }
  return { acting, next: undefined };
}

/** Whether mail meets the conditions of a rule; undefined if that is not known yet. */
function truthOf({ parts }: Rule, stage: Stage, facts: ConditionFacts): Truth | undefined {
  let least: Truth | undefined = 1;
  for (const part of parts) {
    const truth = isDecidedAt(part, stage) ? part.test(facts) : undefined;
    if (truth === 0) return 0;
    if (truth === undefined || (truth < 1 && stage !== "end")) least = undefined;
    else if (least !== undefined && truth < least) least = truth;
  }
  return least;
}

/** What rules need to be asked, and when they can act. */
export interface Needs {
  /** Whether one may refuse or drop a message at its sender. */
  readonly mail: boolean;
  /** Whether one may refuse a recipient. */
  readonly rcpt: boolean;
  /** Whether something is left for the end of the message. */
  readonly end: boolean;
  /** Whether the size of the message is asked for. */
  readonly size: boolean;
  /** The methods whose results are asked for at recipients. */
  readonly atRecipients: readonly string[];
  /** The methods whose results are asked for at the end. */
  readonly atEnd: readonly string[];
}

/** Says what rules need. */
export function needsOf(rules: readonly Rule[]): Needs {
  const isBy = (stage: Stage) => ({ parts }: Rule) => parts.every((part) => isDecidedAt(part, stage));
  const methods = (isEarly: boolean) => [
    ...new Set(
      rules.flatMap(({ parts }) => parts).filter((part) => isDecidedAt(part, "recipient") === isEarly)
        .flatMap((part) => part.methods),
    ),
  ];
  const refuses = ({ actions }: Rule) => actions.refusal !== undefined;
  const firstLate = rules.findIndex((rule) => !isBy("message")(rule));
  const waits = (rule: Rule) => firstLate >= 0 && rules.indexOf(rule) >= firstLate;
  return {
    mail: rules.some((rule) =>
      isBy("message")(rule) && (refuses(rule) || rule.actions.decision === "discard")
    ),
    rcpt: rules.some((rule) => isBy("recipient")(rule) && refuses(rule) && waits(rule)),
    end: rules.some((rule) => changesMessage(rule) || waits(rule) || rule.parts.some(({ ofSize }) => ofSize)),
    size: rules.some(({ parts }) => parts.some(({ ofSize }) => ofSize)),
    atRecipients: methods(true),
    atEnd: methods(false),
  };
}

/** Whether a rule changes the message or its envelope, which is possible only at the end. */
export function changesMessage({ actions }: Rule): boolean {
  const { quarantine, edits, redirect, addRecipients } = actions;
  return quarantine !== undefined || edits.length > 0 || redirect.length > 0 || addRecipients.length > 0;
}

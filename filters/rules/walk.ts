/**
 * Evaluates rules in order, as far as they can be decided.
 *
 * Rules after an undecided one wait, so that the outcome is the same as evaluating all of them at the end. Only
 * refusals that the undecided rule could not prevent take effect immediately.
 *
 * @module
 */

import { isDecidedAt, type ScopeCondition, type Truth } from "../../lib/filter/condition.ts";
import type { ConditionFacts, ScopeQuestion } from "../../lib/filter/scope.ts";
import type { Rule } from "./rule.ts";

/** What rules are evaluated for. */
export interface RuleQuestion {
  /** The index of the first rule to ask. */
  readonly from: number;
  /** What is known; before the end of the message, a size in doubt waits. */
  readonly stage: ScopeQuestion;
  /** What is known. */
  readonly facts: ConditionFacts;
  /** The recipient that they are asked about; undefined for all. */
  readonly recipient?: string | undefined;
}

/** How far rules were evaluated. */
export interface Walked {
  /** The rules that act, in order. */
  readonly acting: readonly Rule[];
  /** The index of the first rule that is not decided; undefined if no rule is left to ask. */
  readonly next: number | undefined;
  /** The index of the rule after the one that ended the rules; undefined if none did. */
  readonly ended?: number;
  /** Rules that are not decided, but could not prevent the refusal after them. */
  readonly passed?: readonly Rule[];
}

/**
 * Asks rules.
 *
 * @param rules all rules
 * @param matchesAll whether only a rule that decides ends them, and not any that is met for certain
 * @param question what they are asked about
 */
export function walk(
  rules: readonly Rule[],
  matchesAll: boolean,
  { from, stage, facts }: RuleQuestion,
): Walked {
  const acting: Rule[] = [];
  for (let i = from; i < rules.length; i++) {
    const rule = rules[i]!;
    const truth = truthOf(rule, stage, facts);
    if (truth === undefined) return refusedAnyway(rules, matchesAll, { from: i, stage, facts }, acting);
    if (!acts(rule, truth)) continue;
    acting.push(rule);
    // In doubt, a rule acts, but shields nothing from those after it.
    const ends = rule.actions.decision !== undefined || (!matchesAll && truth === 1);
    if (ends) return { acting, next: undefined, ended: i + 1 };
  }
  return { acting, next: undefined };
}

function acts({ wantsCertainty }: Rule, truth: Truth): boolean {
  return truth === 1 || (truth > 0 && !wantsCertainty);
}

/**
 * Looks past rules that are not decided for a refusal that they cannot prevent, since they could only refuse likewise, or do
 * not end the rules.
 *
 * @param acting the rules before them that act
 */
function refusedAnyway(
  rules: readonly Rule[],
  matchesAll: boolean,
  { from, stage, facts }: RuleQuestion,
  acting: readonly Rule[],
): Walked {
  const passed: Rule[] = [];
  for (let i = from; i < rules.length; i++) {
    const rule = rules[i]!;
    const truth = truthOf(rule, stage, facts);
    if (truth !== undefined && !acts(rule, truth)) continue;
    if (truth !== undefined && isRefusedAnyway(rule, passed)) {
      return { acting: [...acting, rule], next: undefined, ended: i + 1, passed };
    }
    if (!mayBePassed(rule, matchesAll, truth === undefined)) break;
    if (truth === undefined) passed.push(rule);
  }
  return { acting, next: from };
}

/** Whether a rule refuses, and those that were passed could only do the same. */
function isRefusedAnyway({ actions: { refusal, decision } }: Rule, passed: readonly Rule[]): boolean {
  return refusal !== undefined &&
    passed.every((other) => other.actions.decision === undefined || other.actions.decision === decision);
}

/**
 * Whether a rule after this one may still refuse: this one does not end the rules, or it is undecided whether it
 * refuses.
 */
function mayBePassed(
  { actions: { refusal, decision } }: Rule,
  matchesAll: boolean,
  isOpen: boolean,
): boolean {
  return decision === undefined ? matchesAll : isOpen && refusal !== undefined;
}

/** Whether mail meets the conditions of a rule; undefined if that is not known yet. */
function truthOf({ parts, actions }: Rule, stage: ScopeQuestion, facts: ConditionFacts): Truth | undefined {
  let least: Truth | undefined = 1;
  for (const part of parts) {
    let truth = isDecidedAt(part, stage) ? part.test(facts) : undefined;
    // A client may announce any size: that is enough to refuse its mail, but not for anything that would benefit it.
    if (part.ofSize && stage !== "end" && (truth !== 1 || actions.refusal === undefined)) truth = undefined;
    if (truth === 0) return 0;
    // Of what is in doubt, only the size will be known later.
    if (truth === undefined || (truth < 1 && part.ofSize && stage !== "end")) least = undefined;
    else if (least !== undefined && truth < least) least = truth;
  }
  return least;
}

/** What rules need to be asked, and when they can act. */
export interface RuleNeeds {
  /** Whether one may refuse or drop a message at its sender. */
  readonly mail: boolean;
  /** Whether one may refuse a recipient. */
  readonly rcpt: boolean;
  /** Whether something is left for the end of the message. */
  readonly end: boolean;
  /** Whether the header is read at the end. */
  readonly header: boolean;
  /** Whether the size of the message is needed. */
  readonly size: boolean;
  /** The methods whose results are needed at recipients. */
  readonly atRecipients: readonly string[];
  /** The methods whose results are needed at the end. */
  readonly atEnd: readonly string[];
  /** The macros that are read. */
  readonly macros: readonly string[];
}

/**
 * Says what rules need.
 *
 * @param rules the rules
 * @param matchesAll whether only a rule that decides ends them
 * @param isForSome whether the filter itself is for some recipients only, so that it may drop a message only for those
 */
export function ruleNeedsOf(rules: readonly Rule[], matchesAll: boolean, isForSome: boolean): RuleNeeds {
  const isBy = (stage: ScopeQuestion) => ({ parts }: Rule) => parts.every((part) => isDecidedAt(part, stage));
  const methods = (isEarly: boolean) => [
    ...new Set(
      rules.flatMap(({ parts }) => parts).filter((part) => isDecidedAt(part, "recipient") === isEarly)
        .flatMap((part) => part.methods),
    ),
  ];
  const refuses = ({ actions }: Rule) => actions.refusal !== undefined;
  // Of a rule that is met only later, an early condition can still say that it is not.
  const mayBeOver = (stage: ScopeQuestion) => ({ parts }: Rule) =>
    parts.length === 0 || parts.some((part) => isDecidedAt(part, stage));
  /** The rules that may act at a stage: by one pass, since there may be thousands. */
  const actingAt = (stage: ScopeQuestion) => {
    const isOver = mayBeOver(stage);
    const isDecided = isBy(stage);
    const open: Rule[] = [];
    let passes = true;
    return rules.filter((rule) => {
      const mayAct = isDecided(rule) && (open.length === 0 || (passes && isRefusedAnyway(rule, open)));
      if (!isOver(rule)) {
        // Of several rules with the same decision, one is enough.
        if (!open.some(({ actions }) => actions.decision === rule.actions.decision)) open.push(rule);
        passes &&= mayBePassed(rule, matchesAll, true);
      }
      return mayAct;
    });
  };
  const firstOfRecipients = rules.findIndex(({ parts }) => parts.some((part) => part.stage === "recipient"));
  const firstLate = rules.findIndex((rule) => !isBy("message")(rule));
  const from = (first: number) => new Set(first < 0 ? [] : rules.slice(first));
  const [ofRecipients, late] = [from(firstOfRecipients), from(firstLate)];
  return {
    mail: actingAt("message").some((rule) =>
      refuses(rule) || (rule.actions.decision === "discard" && !isForSome)
    ),
    rcpt: actingAt("recipient").some((rule) => refuses(rule) && ofRecipients.has(rule)),
    end: rules.some((rule) =>
      needsEnd(rule, isForSome) || !isBy("recipient")(rule) || rule.parts.some(({ ofSize }) => ofSize) ||
      (late.has(rule) && !isDoneAtRecipients(rule))
    ),
    header: rules.some(({ parts, actions }) =>
      parts.some((part) => readsHeader(part) || part.ofSize) || actions.edits.some((edit) => edit.readsHeader)
    ),
    size: rules.some(({ parts }) => parts.some(({ ofSize }) => ofSize)),
    atRecipients: methods(true),
    atEnd: methods(false),
    macros: [...new Set(rules.flatMap(({ parts }) => parts).flatMap(({ macros = [] }) => macros))],
  };
}

/** Whether a condition looks at the header. */
function readsHeader({ stage, methods, all, any, not }: ScopeCondition): boolean {
  const inner = all ?? any ?? (not && [not]);
  return inner ? inner.some(readsHeader) : stage === "end" && methods.length === 0;
}

/** Whether nothing is left to do for a rule once it was asked about each recipient. */
function isDoneAtRecipients({ actions: { refusal, decision, log } }: Rule): boolean {
  return refusal !== undefined || (decision === "accept" && log === undefined);
}

/**
 * Whether a rule changes the message or its envelope, which is possible only at the end.
 *
 * @param rule the rule
 * @param isForSome as with {@linkcode ruleNeedsOf}
 */
export function needsEnd({ actions }: Rule, isForSome: boolean): boolean {
  const { quarantine, edits, redirect, addRecipients, decision } = actions;
  if (decision === "discard") return isForSome;
  return quarantine !== undefined || edits.length > 0 || redirect.length > 0 || addRecipients.length > 0;
}

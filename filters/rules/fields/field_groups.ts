/**
 * Groups the recipients of a message by the rules for fields that they meet, so that each group is asked once.
 *
 * @module
 */

import { allOf } from "../../../lib/filter/condition.ts";
import { explainCondition } from "../../../lib/filter/condition_reason.ts";
import type { ConditionFacts } from "../../../lib/filter/scope.ts";
import type { EnvelopeAddress } from "../../../lib/message/envelope.ts";
import type { Rule } from "../rule.ts";
import { walk } from "../walk.ts";

/** Recipients for whom the same rules are asked. */
export interface Group {
  /** The recipients; undefined for all of them, or if there is none. */
  readonly recipients: (EnvelopeAddress | undefined)[];
  /** The rules whose conditions they meet apart from fields, in order. */
  readonly asked: readonly AskedRule[];
  /** Text about whom it concerns, to append to other text; empty for all recipients. */
  about: string;
  /** The rules that act for them, in the order of the fields. */
  readonly acting: Rule[];
  /** Whether a rule has decided. */
  isOver: boolean;
}

/** A rule whose conditions are met, apart from its field. */
interface AskedRule {
  readonly rule: Rule;
  /** Whether they are met for certain, and not in doubt. */
  readonly isCertain: boolean;
}

/**
 * Evaluates the conditions of rules, which are the same for all fields.
 *
 * @param rules the rules, in order
 * @param recipients those that the filter is for
 * @param facts of the message
 * @param explain takes lines that say which rules are not asked
 */
export function askedGroups(
  rules: readonly Rule[],
  recipients: readonly EnvelopeAddress[],
  facts: ConditionFacts,
  explain: ((text: string) => void) | undefined,
): readonly Group[] {
  const isOfRecipients = rules.some(({ parts }) => parts.some(({ ofRecipients }) => ofRecipients));
  if (!isOfRecipients || recipients.length === 0) {
    const asked = askedRules(rules, { ...facts, recipients }, "", explain);
    return [{ recipients: [undefined], asked, about: "", acting: [], isOver: false }];
  }
  const groups = new Map<string, Group>();
  for (const recipient of recipients) {
    const about = ` for <${recipient.address}>`;
    const asked = askedRules(rules, { ...facts, recipients: [recipient] }, about, explain);
    const key = asked.map(({ rule, isCertain }) => `${rules.indexOf(rule)}${isCertain ? "" : "?"}`).join();
    const group = groups.get(key);
    if (group) {
      group.recipients.push(recipient);
      group.about += `, <${recipient.address}>`;
    } else {
      groups.set(key, { recipients: [recipient], asked, about, acting: [], isOver: false });
    }
  }
  return [...groups.values()];
}

function askedRules(
  rules: readonly Rule[],
  facts: ConditionFacts,
  about: string,
  explain: ((text: string) => void) | undefined,
): readonly AskedRule[] {
  return rules.flatMap((rule) => {
    const { acting, ended } = walk([rule], false, { from: 0, stage: "end", facts });
    if (acting.length > 0) return [{ rule, isCertain: ended !== undefined }];
    explain?.(`rule ${rule.name} is not asked${about}: ${explainCondition(allOf(rule.parts), facts)}`);
    return [];
  });
}

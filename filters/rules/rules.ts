/**
 * Decides on mail by rules: conditions, and what happens to mail that meets them.
 *
 * @module
 */

import { scopeOfOptions } from "../common/scope_options.ts";
import { type CreatedFilter, defineFilter } from "../../lib/filter/definition.ts";
import type { FilterKit } from "../../lib/filter/filter_kit.ts";
import { MTA_CHANGES } from "../../lib/filter/filter_terms.ts";
import type { EnvelopeAddress } from "../../lib/message/envelope.ts";
import { readFieldKinds } from "./fields/field_options.ts";
import { createFieldRules } from "./fields/field_rules.ts";
import { DESCRIPTION, EXAMPLES } from "./help.ts";
import { type Context, MessageRules, type RuleProgress } from "./message_rules.ts";
import { RULE_OPTIONS } from "./options.ts";
import { changesOfRules } from "./outcome.ts";
import { rulesOfGroups } from "./read_rules.ts";
import type { RuleMatching } from "./rule.ts";
import { ruleNeedsOf } from "./walk.ts";

/** The filter `rules`. */
export const rules = defineFilter({
  name: "rules",
  summary: "Refuses, holds, drops, redirects, changes or logs mail that meets the conditions of your rules",
  description: DESCRIPTION,
  examples: EXAMPLES,
  changes: MTA_CHANGES.filter((change) => change !== "replaceBody" && change !== "changeFrom"),
  verdicts: ["mail", "rcpt", "eom"],
  content: "mime",
  messageState: (): RuleProgress => ({
    asked: { acting: [], next: 0 },
    recipients: [],
    bodyBytes: 0,
    isOver: false,
  }),
  options: RULE_OPTIONS,
  create: (_, kit) => createRules(kit),
});

function createRules(kit: FilterKit): CreatedFilter<undefined, RuleProgress> {
  const { options, conditions } = kit;
  const matching = options.get("enum", "match") as RuleMatching;
  const all = rulesOfGroups(options.groups, matching, conditions);
  const kinds = readFieldKinds(options, matching === "field");
  const scope = scopeOfOptions(options, conditions);
  const isForSome = scope?.recipient !== undefined;
  const { atRecipients, atEnd, ...needs } = ruleNeedsOf(all, matching === "all", isForSome);
  // A filter whose own conditions are known only at the end may not refuse before.
  const isEarly = scope?.end === undefined;
  const counter = kit.counter("acting_total", "Messages and recipients on which a rule acted", ["rule"]);
  const count = (rule: string) => counter.add({ rule });
  if (matching === "field") return createFieldRules(all, kinds, count, isForSome);
  const asked = new MessageRules({
    rules: all,
    matchesAll: matching === "all",
    asksSize: needs.size,
    readsHeader: needs.header,
    isForSome,
    refusesRecipients: isEarly && needs.rcpt,
    count,
  });
  const at = {
    mail: isEarly && needs.mail,
    rcpt: isEarly && needs.rcpt,
    eom: needs.end || !isEarly,
  };
  return {
    content: "none",
    changes: changesOfRules(all, isForSome),
    readsHeader: needs.header,
    changedFields: all.flatMap(({ actions }) => actions.edits.flatMap(({ changedFields }) => changedFields)),
    asksResults: {
      atRecipients: isEarly ? atRecipients : [],
      atEnd: isEarly ? atEnd : [...atRecipients, ...atEnd],
    },
    asksMacros: needs.macros,
    verdicts: (["mail", "rcpt", "eom"] as const).filter((event) => at[event]),
    ...(isEarly ? { mail: (_sender: EnvelopeAddress, context: Context) => asked.atSender(context) } : {}),
    ...(at.rcpt || isForSome
      ? {
        rcpt: (to: EnvelopeAddress, context: Context) =>
          at.rcpt && atRecipients.length > 0
            ? context.results.ready().then(() => asked.atRecipient(to, context))
            : asked.atRecipient(to, context),
      }
      : {}),
    ...(needs.size
      ? {
        body: (chunk: Uint8Array, { messageState }: Context) => void (messageState.bodyBytes += chunk.length),
      }
      : {}),
    ...(at.eom ? { eom: (message, context) => asked.atEnd(message, context) } : {}),
  };
}

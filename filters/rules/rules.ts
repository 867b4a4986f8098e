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
import { DESCRIPTION, EXAMPLES } from "./help.ts";
import { type Context, MessageRules, type Progress } from "./message_rules.ts";
import { RULE_OPTIONS } from "./options.ts";
import { changesOf } from "./outcome.ts";
import { readRules } from "./rule.ts";
import { needsOf } from "./walk.ts";

/** The filter `rules`. */
export const rules = defineFilter({
  name: "rules",
  summary:
    "Decides on mail by rules: refuses, holds, drops, redirects, changes or logs what meets their conditions",
  description: DESCRIPTION,
  examples: EXAMPLES,
  changes: MTA_CHANGES.filter((change) => change !== "replaceBody" && change !== "changeFrom"),
  verdicts: ["mail", "rcpt", "eom"],
  messageState: (): Progress => ({
    asked: { acting: [], next: 0 },
    recipients: [],
    bodyBytes: 0,
    isOver: false,
  }),
  options: RULE_OPTIONS,
  create: (_, kit) => createRules(kit),
});

function createRules(kit: FilterKit): CreatedFilter<undefined, Progress> {
  const { options, conditions } = kit;
  const matchesAll = options.get("enum", "match") === "all";
  const all = readRules(options.groups, matchesAll, conditions);
  const scope = scopeOfOptions(options, conditions);
  const isForSome = scope?.recipient !== undefined;
  const { atRecipients, atEnd, ...needs } = needsOf(all, isForSome);
  // A filter whose own conditions are known only at the end may not refuse before.
  const isEarly = scope?.end === undefined;
  const counter = kit.counter("acting_total", "Messages and recipients on which a rule acted", ["rule"]);
  const asked = new MessageRules({
    rules: all,
    matchesAll,
    asksSize: needs.size,
    readsHeader: needs.header,
    isForSome,
    refusesRecipients: isEarly && needs.rcpt,
    count: (rule) => counter.add({ rule }),
  });
  const at = {
    mail: isEarly && needs.mail,
    rcpt: isEarly && needs.rcpt,
    eom: needs.end || !isEarly,
  };
  return {
    changes: changesOf(all, isForSome),
    readsHeader: needs.header,
    changedFields: all.flatMap(({ actions }) => actions.edits.flatMap(({ changedFields }) => changedFields)),
    asksResults: {
      atRecipients: isEarly ? atRecipients : [],
      atEnd: isEarly ? atEnd : [...atRecipients, ...atEnd],
    },
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

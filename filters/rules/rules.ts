/**
 * Decides on mail by rules: conditions, and what happens to mail that meets them.
 *
 * @module
 */

import { scopeOfOptions } from "../common/scope_options.ts";
import type { ConditionFacts } from "../../lib/filter/condition.ts";
import type { MessageContext } from "../../lib/filter/context.ts";
import { type CreatedFilter, defineFilter } from "../../lib/filter/definition.ts";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import type { FilterKit } from "../../lib/filter/filter_kit.ts";
import { MTA_CHANGES } from "../../lib/filter/filter_terms.ts";
import { accept, discard, type Verdict } from "../../lib/filter/verdict.ts";
import type { EnvelopeAddress } from "../../lib/message/envelope.ts";
import { DESCRIPTION, EXAMPLES } from "./help.ts";
import { RULE_OPTIONS } from "./options.ts";
import { actingRules, changesOf, conclude, type RecipientOutcome } from "./outcome.ts";
import { readRules, type Rule } from "./rule.ts";
import { changesMessage, needsOf, walk, type Walked } from "./walk.ts";

/** The bytes of the empty line between header and body. */
const EMPTY_LINE = 2;

/** A message while rules are asked about it. */
interface Progress {
  /** What the rules decided at its sender, for all recipients. */
  asked: Walked;
  /** The bytes of its body so far. */
  bodyBytes: number;
  /** Whether nothing is left to do. */
  isOver: boolean;
}

type Early = Verdict<"reject" | "tempfail" | "discard" | "accept"> | void;
type Context = MessageContext<undefined, Progress>;

/** The filter `rules`. */
export const rules = defineFilter({
  name: "rules",
  summary:
    "Decides on mail by rules: refuses, holds, drops, redirects, changes or logs what meets their conditions",
  description: DESCRIPTION,
  examples: EXAMPLES,
  changes: MTA_CHANGES.filter((change) => change !== "replaceBody" && change !== "changeFrom"),
  verdicts: ["mail", "rcpt", "eom"],
  messageState: (): Progress => ({ asked: { acting: [], next: 0 }, bodyBytes: 0, isOver: false }),
  options: RULE_OPTIONS,
  create: (_, kit) => createRules(kit),
});

function createRules(kit: FilterKit): CreatedFilter<undefined, Progress> {
  const { options, conditions } = kit;
  const matchesAll = options.get("enum", "match") === "all";
  const all = readRules(options.groups, matchesAll, conditions);
  const needs = needsOf(all);
  const { atRecipients, atEnd } = needs;
  // A filter whose own conditions are known only at the end may not refuse before.
  const early = scopeOfOptions(options, conditions)?.end === undefined;
  const perRecipient = all.some(({ parts }) => parts.some(({ ofRecipients }) => ofRecipients));
  const counter = kit.counter("acting_total", "Messages and recipients on which a rule acted", ["rule"]);

  /** Says that rules acted. */
  function tell(acting: readonly Rule[], context: Context): void {
    for (const { name, actions } of acting) {
      counter.add({ rule: name });
      context.label(name);
      const text = actions.log?.(context);
      if (text === undefined) continue;
      context.log.info(`rule ${name}: ${text}`);
      context.remark(`${name}: ${text}`);
    }
  }

  function mail(_sender: EnvelopeAddress, context: Context): Early {
    const { messageState } = context;
    const asked = walk(all, matchesAll, 0, "message", factsOf(context, []));
    messageState.asked = asked;
    if (asked.next !== undefined || asked.acting.some(changesMessage)) return;
    messageState.isOver = true;
    tell(asked.acting, context);
    const last = asked.acting.at(-1)?.actions;
    if (last?.decision === "discard") return discard();
    return last?.decision === "accept" ? accept() : last?.refusal?.(context);
  }

  function recipient(to: EnvelopeAddress, context: Context): Verdict<"reject" | "tempfail"> | void {
    const { next } = context.messageState.asked;
    if (next === undefined) return;
    const { acting } = walk(all, matchesAll, next, "recipient", factsOf(context, [to]));
    const refusal = acting.at(-1)?.actions.refusal;
    if (!refusal) return;
    const { client, helo, sender, macro } = context;
    tell(acting, context);
    return refusal({ client, helo, sender, macro, recipients: [to] });
  }

  function eom(message: EndOfMessage, context: Context): Verdict<"reject" | "tempfail" | "discard"> | void {
    const { asked, bodyBytes, isOver } = context.messageState;
    if (isOver) return;
    const { headers } = message;
    const size = [...headers].reduce((bytes, field) => bytes + field.size, EMPTY_LINE) + bodyBytes;
    const outcomes =
      (perRecipient && asked.next !== undefined ? separately(context.recipients) : together(context))
        .map(({ of, recipients }): RecipientOutcome => {
          const facts = { ...factsOf(context, recipients), headers, size };
          const { next } = asked;
          const rest = next === undefined ? [] : walk(all, matchesAll, next, "end", facts).acting;
          return { recipient: of, acting: [...asked.acting, ...rest] };
        });
    const acting = actingRules(all, outcomes);
    tell(acting, context);
    return conclude(message, acting, outcomes, context);
  }

  return {
    changes: changesOf(all),
    changedFields: all.flatMap(({ actions }) => actions.edits.flatMap(({ changedFields }) => changedFields)),
    asksResults: {
      atRecipients: early ? atRecipients : [],
      atEnd: [...atEnd, ...(early ? [] : atRecipients)],
    },
    verdicts: [
      ...(early && needs.mail ? ["mail" as const] : []),
      ...(early && needs.rcpt ? ["rcpt" as const] : []),
      ...(needs.end || !early ? ["eom" as const] : []),
    ],
    ...(early ? { mail } : {}),
    ...(early && needs.rcpt
      ? {
        rcpt: atRecipients.length === 0 ? recipient : async (to: EnvelopeAddress, context: Context) => {
          await context.results.ready();
          return recipient(to, context);
        },
      }
      : {}),
    ...(needs.size
      ? {
        body: (chunk: Uint8Array, { messageState }: Context) => void (messageState.bodyBytes += chunk.length),
      }
      : {}),
    ...(needs.end || !early ? { eom } : {}),
  };
}

interface Asked {
  readonly of: EnvelopeAddress | undefined;
  readonly recipients: readonly EnvelopeAddress[];
}

function separately(recipients: readonly EnvelopeAddress[]): readonly Asked[] {
  return recipients.length === 0
    ? [{ of: undefined, recipients }]
    : recipients.map((of) => ({ of, recipients: [of] }));
}

function together({ recipients }: Context): readonly Asked[] {
  return [{ of: undefined, recipients }];
}

function factsOf(context: Context, recipients: readonly EnvelopeAddress[]): ConditionFacts {
  const { client, listener, sender, macro, results } = context;
  return { client, listener, sender, macro, recipients, results, headers: undefined };
}

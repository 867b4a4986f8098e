/**
 * Applies rules to one header field after another, as Postfix does with `header_checks`: the first rule that a field
 * meets acts, then the next field follows, until a rule decides on the message.
 *
 * @module
 */

import type { MessageContext } from "../../../lib/filter/context.ts";
import type { CreatedFilter } from "../../../lib/filter/definition.ts";
import type { EndOfMessage } from "../../../lib/filter/end_of_message.ts";
import type { ConditionFacts } from "../../../lib/filter/scope.ts";
import type { Verdict } from "../../../lib/filter/verdict.ts";
import type { EnvelopeAddress } from "../../../lib/message/envelope.ts";
import { groupOf } from "../../header_edits/expression.ts";
import type { TemplateContext } from "../../header_edits/template.ts";
import { WorkingHeader } from "../../header_edits/working_header.ts";
import { applyRules, changesOfRules, type EndedEnvelope, endedEnvelope } from "../outcome.ts";
import type { Rule } from "../rule.ts";
import { reportActing } from "../report_acting.ts";
import { ruleNeedsOf } from "../walk.ts";
import { askedGroups, type Group } from "./field_groups.ts";
import { type FieldKind, type FieldLine, headerLines, partLines } from "./field_lines.ts";
import { unreadOf } from "./unread_parts.ts";

/** What is noted of a message. */
interface Noted {
  bodyBytes: number;
  readonly recipients: EnvelopeAddress[];
}

type Context = MessageContext<undefined, Noted>;
type Ending = Verdict<"reject" | "tempfail" | "discard"> | void;

/** A message while its fields are looked at. */
interface Asked {
  readonly envelope: EndedEnvelope;
  /** Its recipients, by the rules that they meet but for fields. */
  readonly groups: readonly Group[];
  readonly header: WorkingHeader;
  /** The rules that act, each with the field that it acts on, in the order of the fields. */
  readonly acting: Rule[];
  /** The names of those that would have changed fields of parts. */
  readonly unchanged: Set<string>;
}

/** The bytes of the empty line between header and body. */
const EMPTY_LINE = 2;

/** The default kinds of fields: those of the message itself. */
const OWN_KINDS: ReadonlySet<FieldKind> = new Set(["header", "mime"]);

/**
 * Makes the filter.
 *
 * @param rules its rules, each for certain fields
 * @param kinds the kinds of fields to look at, in the message and its parts; undefined for all fields of the message itself
 * @param count called with the name of each rule that acts on a message
 * @param isForSome whether the filter itself is for some recipients only
 */
export function createFieldRules<S extends Noted>(
  rules: readonly Rule[],
  kinds: ReadonlySet<FieldKind> | undefined,
  count: (rule: string) => void,
  isForSome: boolean,
): CreatedFilter<undefined, S> {
  const { size: needsSize, atRecipients, atEnd, macros } = ruleNeedsOf(rules, false, isForSome);
  const needsParts = kinds?.has("mime") || kinds?.has("nested") || false;

  /** Asks the rules about fields, until each group is decided. */
  function look(lines: Iterable<FieldLine>, { groups, acting, unchanged }: Asked, context: Context): void {
    for (const line of lines) {
      if (groups.every(({ isOver }) => isOver)) return;
      const matched = new Map<Rule, Rule | undefined>();
      for (const group of groups) {
        if (!group.isOver) lookFor(group, line, matched, context);
      }
      for (const rule of rules) {
        const found = matched.get(rule);
        if (found === undefined) continue;
        acting.push(found);
        if (rule.actions.fieldEdit && !line.field) unchanged.add(rule.name);
      }
    }
  }

  /** @param matched the rules that were asked about the field for other groups, as they act on it */
  function lookFor(
    group: Group,
    line: FieldLine,
    matched: Map<Rule, Rule | undefined>,
    context: Context,
  ): void {
    for (const { rule, isCertain } of group.asked) {
      if (!matched.has(rule)) {
        matched.set(rule, rule.field!.matches(line.line) ? forField(rule, line, context) : undefined);
      }
      const found = matched.get(rule);
      if (found === undefined) continue;
      context.explain?.(`rule ${rule.name} acts${group.about} on ${JSON.stringify(line.line)}`);
      group.acting.push(found);
      group.isOver = rule.actions.decision !== undefined;
      // In doubt, a rule acts, but shields the field from none after it.
      if (group.isOver || isCertain) return;
    }
  }

  function end(message: EndOfMessage, asked: Asked, context: Context): Ending {
    const { groups, header, acting, envelope, unchanged } = asked;
    reportActing(acting, context, count);
    for (const name of unchanged) context.remark(`${name}: a field of a part stays as it is`);
    if (context.explain) explainOthers(groups, context.explain);
    const outcomes = groups.flatMap(({ recipients, acting }) =>
      recipients.map((recipient) => ({ recipient, acting }))
    );
    return applyRules(message, acting, outcomes, envelope, header);
  }

  /** @returns undefined if nobody is left whom the filter is for */
  function ask(message: EndOfMessage, context: Context): Asked | undefined {
    const envelope = endedEnvelope(context, isForSome ? context.messageState.recipients : undefined);
    if (isForSome && envelope.concerned.length === 0) return undefined;
    const groups = askedGroups(rules, envelope.concerned, factsOf(message, context), context.explain);
    const header = new WorkingHeader(message);
    const asked: Asked = { envelope, groups, header, acting: [], unchanged: new Set() };
    look(headerLines(asked.header.own, kinds ?? OWN_KINDS), asked, context);
    return asked;
  }

  function eom(message: EndOfMessage, context: Context): Ending {
    const asked = ask(message, context);
    if (asked) return end(message, asked, context);
  }

  async function eomWithParts(message: EndOfMessage, context: Context): Promise<Ending> {
    const asked = ask(message, context);
    if (asked === undefined) return;
    const isOpen = ({ isOver, asked }: Group) => !isOver && asked.length > 0;
    if (!asked.groups.some(isOpen)) return end(message, asked, context);
    const mime = await message.content.mime();
    look(partLines(mime, kinds!), asked, context);
    const isRead = asked.groups.every(({ isOver, asked }) =>
      isOver || !asked.some(({ rule }) => keepsOut(rule))
    );
    const unread = isRead ? undefined : unreadOf(mime);
    if (unread) {
      context.explain?.(`not every field of a part was looked at: ${unread.reason}`);
      return unread.refusal;
    }
    return end(message, asked, context);
  }

  return {
    changes: changesOfRules(rules, isForSome),
    changedFields: rules.flatMap(changedFields),
    asksResults: { atRecipients: [], atEnd: [...atRecipients, ...atEnd] },
    asksMacros: macros,
    verdicts: ["eom"],
    ...(needsParts ? {} : { content: "none" as const }),
    ...(needsSize
      ? {
        body: (chunk: Uint8Array, { messageState }: Context) => void (messageState.bodyBytes += chunk.length),
      }
      : {}),
    ...(isForSome
      ? { rcpt: (to: EnvelopeAddress, { messageState }: Context) => void messageState.recipients.push(to) }
      : {}),
    eom: needsParts ? eomWithParts : eom,
  };
}

function factsOf({ headers }: EndOfMessage, context: Context): ConditionFacts {
  const { client, helo, listener, sender, macro, recipients, results, messageState } = context;
  const size = [...headers].reduce((bytes, field) => bytes + field.size, EMPTY_LINE) + messageState.bodyBytes;
  return { client, helo, listener, sender, macro, recipients, results, headers, size };
}

/** A rule with what its expression matches in a field, and what it does with that. */
function forField(rule: Rule, { line, field }: FieldLine, context: Context): Rule {
  const { client, helo, sender, recipients, macro } = context;
  const { refusal, quarantine, log, edits, fieldEdit } = rule.actions;
  const match = rule.field!.groupsIn(line);
  const values: TemplateContext = {
    client,
    helo,
    sender,
    recipients,
    macro,
    ...(match ? { groups: (name: string) => groupOf(match, name) } : {}),
  };
  const edit = fieldEdit && field && {
    changes: fieldEdit.changes,
    changedFields: [],
    readsHeader: true,
    apply: (header: WorkingHeader) => fieldEdit.apply(header, field, values),
  };
  return {
    ...rule,
    actions: {
      ...rule.actions,
      refusal: refusal && (() => refusal(values)),
      quarantine: quarantine && (() => quarantine(values)),
      log: log && (() => log(values)),
      edits: [...edits, ...(edit ? [edit] : [])],
    },
  };
}

/** The names of the fields that a rule may change. */
function changedFields({ field, actions }: Rule): readonly string[] {
  const edited = actions.edits.flatMap(({ changedFields }) => changedFields);
  return actions.fieldEdit?.changesField ? [...edited, field!.fieldName ?? "*"] : edited;
}

/** Whether a field that is not read would let mail escape a rule that refuses, drops, holds or redirects it. */
function keepsOut({ actions }: Rule): boolean {
  const { refusal, decision, quarantine, redirect } = actions;
  return refusal !== undefined || decision === "discard" || quarantine !== undefined || redirect.length > 0;
}

/** Says which rules found no field. */
function explainOthers(groups: readonly Group[], explain: (text: string) => void): void {
  for (const { asked, acting, about } of groups) {
    const names = new Set(acting.map(({ name }) => name));
    for (const { rule: { name } } of asked) {
      if (!names.has(name)) {
        explain(`rule ${name} does not act${about}: no field that was looked at meets it`);
      }
    }
  }
}

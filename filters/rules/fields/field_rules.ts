/**
 * Asks rules about one header field after the other, as Postfix does with `header_checks`: the first rule that a field meets
 * acts, then the next field comes, until a rule decides about the message.
 *
 * @module
 */

import { allOf } from "../../../lib/filter/condition.ts";
import { explainCondition } from "../../../lib/filter/condition_reason.ts";
import type { MessageContext } from "../../../lib/filter/context.ts";
import type { CreatedFilter } from "../../../lib/filter/definition.ts";
import type { EndOfMessage } from "../../../lib/filter/end_of_message.ts";
import type { ConditionFacts } from "../../../lib/filter/scope.ts";
import { reject, type Verdict } from "../../../lib/filter/verdict.ts";
import type { MimeMessage } from "../../../lib/mime/parse_mime.ts";
import type { MimeProblemCode } from "../../../lib/mime/structure/problems.ts";
import type { EnvelopeAddress } from "../../../lib/message/envelope.ts";
import { groupOf } from "../../header_edits/expression.ts";
import type { TemplateContext } from "../../header_edits/template.ts";
import { WorkingHeader } from "../../header_edits/working_header.ts";
import { applyRules, changesOfRules, endedEnvelope } from "../outcome.ts";
import type { Rule } from "../rule.ts";
import { tellActing } from "../tell.ts";
import { ruleNeedsOf, walk } from "../walk.ts";
import { type FieldKind, type FieldLine, headerLines, partLines } from "./field_lines.ts";

/** What is noted of a message. */
interface Noted {
  bodyBytes: number;
  readonly recipients: EnvelopeAddress[];
}

type Context = MessageContext<undefined, Noted>;
type Ending = Verdict<"reject" | "tempfail" | "discard"> | void;

/** The rules that act. */
interface Found {
  readonly acting: readonly Rule[];
  /** Whether one decided about the message. */
  readonly isOver: boolean;
}

/** A message whose own header was looked at. */
interface Asked {
  /** The rules that it meets but for their fields. */
  readonly rules: readonly Rule[];
  readonly header: WorkingHeader;
  readonly own: Found;
}

/** The bytes of the empty line between header and body. */
const EMPTY_LINE = 2;

/** Problems that say that something of a message was not read. */
const LIMITS: readonly MimeProblemCode[] = ["too-many-parts", "too-deep", "header-too-long"];

/** Those that are looked at unless others are asked for: of the message itself. */
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

  /** The rules that act on a message, each with the field that it acts on. */
  function acting(
    lines: Iterable<FieldLine>,
    asked: readonly Rule[],
    context: Context,
  ): Found {
    const found: Rule[] = [];
    for (const line of lines) {
      const rule = asked.find(({ field }) => field!.matches(line.line));
      if (rule === undefined) continue;
      context.explain?.(`rule ${rule.name} acts on ${JSON.stringify(line.line)}`);
      found.push(forField(rule, line, context));
      if (rule.actions.decision !== undefined) return { acting: found, isOver: true };
    }
    return { acting: found, isOver: false };
  }

  function end(
    message: EndOfMessage,
    { rules, header }: Asked,
    all: readonly Rule[],
    context: Context,
  ): Ending {
    tellActing(all, context, count);
    if (context.explain) explainOthers(rules, all, context.explain);
    const envelope = endedEnvelope(context, isForSome ? context.messageState.recipients : undefined);
    return applyRules(message, all, [{ recipient: undefined, acting: all }], envelope, header);
  }

  function ask(message: EndOfMessage, context: Context): Asked {
    const asked = askedRules(rules, message, context);
    const header = new WorkingHeader(message);
    const own = acting(headerLines(header.own, kinds ?? OWN_KINDS), asked, context);
    return { rules: asked, header, own };
  }

  function eom(message: EndOfMessage, context: Context): Ending {
    const asked = ask(message, context);
    return end(message, asked, asked.own.acting, context);
  }

  async function eomWithParts(message: EndOfMessage, context: Context): Promise<Ending> {
    const asked = ask(message, context);
    const { own } = asked;
    if (own.isOver || asked.rules.length === 0) return end(message, asked, own.acting, context);
    const mime = await message.content.mime();
    const parts = acting(partLines(mime, kinds!), asked.rules, context);
    if (!parts.isOver && isCut(mime) && asked.rules.some(keepsOut)) {
      context.explain?.("not every field of a part was looked at: there are too many");
      return reject(552, "5.3.4", "Message has too many parts or header fields");
    }
    return end(message, asked, [...own.acting, ...parts.acting], context);
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

/** The rules whose other conditions a message meets: they are the same for all its fields. */
function askedRules(rules: readonly Rule[], { headers }: EndOfMessage, context: Context): readonly Rule[] {
  const { client, helo, listener, sender, macro, recipients, results, messageState } = context;
  const size = [...headers].reduce((bytes, field) => bytes + field.size, EMPTY_LINE) + messageState.bodyBytes;
  const facts: ConditionFacts = { client, helo, listener, sender, macro, recipients, results, headers, size };
  return rules.filter((rule) => {
    const isAsked = walk([rule], false, { from: 0, stage: "end", facts }).acting.length > 0;
    if (!isAsked) {
      context.explain?.(`rule ${rule.name} is not asked: ${explainCondition(allOf(rule.parts), facts)}`);
    }
    return isAsked;
  });
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
  if (fieldEdit && !field) context.remark(`${rule.name}: a field of a part stays as it is`);
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

/** Whether a message has more parts or fields than are read. */
function isCut({ parts }: MimeMessage): boolean {
  return parts.some(({ problems }) => problems.some(({ code }) => LIMITS.includes(code)));
}

/** Whether mail would get past a rule by a field that is not read: it would be refused, dropped, held or sent elsewhere. */
function keepsOut({ actions }: Rule): boolean {
  const { refusal, decision, quarantine, redirect } = actions;
  return refusal !== undefined || decision === "discard" || quarantine !== undefined || redirect.length > 0;
}

/** Says which rules found no field. */
function explainOthers(
  asked: readonly Rule[],
  acting: readonly Rule[],
  explain: (text: string) => void,
): void {
  for (const { name } of asked) {
    if (acting.some((rule) => rule.name === name)) continue;
    explain(`rule ${name} does not act: no field that was looked at meets it`);
  }
}

/**
 * Applies the rules that act to a message at its end.
 *
 * @module
 */

import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import type { Change } from "../../lib/filter/filter_terms.ts";
import { discard, reject, type Verdict } from "../../lib/filter/verdict.ts";
import type { EnvelopeAddress } from "../../lib/message/envelope.ts";
import type { TemplateContext } from "../header_edits/template.ts";
import { WorkingHeader } from "../header_edits/working_header.ts";
import { asciiLine } from "./ascii_line.ts";
import type { Rule } from "./rule.ts";

/** Which rules act for a recipient. */
export interface RecipientOutcome {
  /** The recipient; undefined for all of them, or if there is none. */
  readonly recipient: EnvelopeAddress | undefined;
  /** The rules, in order. */
  readonly acting: readonly Rule[];
}

/** The envelope of a message at its end. */
export interface EndedEnvelope {
  /** What values are filled in from. */
  readonly context: TemplateContext & { remark(text: string): void };
  /** The recipients that the filter is for. */
  readonly concerned: readonly EnvelopeAddress[];
  /** Whether those are all of them. */
  readonly isForAll: boolean;
}

/**
 * Says whose message it is at its end.
 *
 * @param context of the message
 * @param heard the recipients that the filter was told of, if it is for some only
 */
export function endedEnvelope(
  context: EndedEnvelope["context"],
  heard: readonly EnvelopeAddress[] | undefined,
): EndedEnvelope {
  const { recipients } = context;
  const paths = heard && new Set(heard.map(({ path }) => path));
  // Other filters may have refused some of them since.
  const concerned = paths ? recipients.filter(({ path }) => paths.has(path)) : recipients;
  return { context, concerned, isForAll: concerned.length === recipients.length };
}

/** The rules that act for any recipient, each once, in their order. */
export function actingRules(rules: readonly Rule[], outcomes: readonly RecipientOutcome[]): readonly Rule[] {
  const acting = new Set(outcomes.flatMap(({ acting }) => acting));
  return rules.filter((rule) => acting.has(rule));
}

/**
 * Applies what the rules decided. A refusal for one recipient refuses the message, since at its end nothing else is possible;
 * of several, that of the first rule counts. A recipient for whom the message is dropped or redirected is removed, the others
 * stay, and those whom a rule adds get it. The content is the same for all: it is held or changed if that is to happen for one of them.
 *
 * @param message the message
 * @param acting the rules that act, in order
 * @param outcomes the same for each recipient
 * @param envelope whose message it is
 * @param header the message's header, if changes of it refer to fields of it
 * @returns the verdict, if it is any but to let the message pass
 */
export function applyRules(
  message: EndOfMessage,
  acting: readonly Rule[],
  outcomes: readonly RecipientOutcome[],
  { context, concerned, isForAll }: EndedEnvelope,
  header: WorkingHeader = new WorkingHeader(message),
): Verdict<"reject" | "tempfail" | "discard"> | undefined {
  const refusing = acting.find(({ actions }) => actions.refusal !== undefined);
  if (refusing) return refusing.actions.refusal!(context);
  const recipients = recipientChanges(acting, outcomes, { concerned, all: context.recipients });
  const isForNobody = recipients.isNobodyLeft || (isForAll && outcomes.every(isDropped));
  if (isForNobody && recipients.added.size === 0) return discard();
  const edits = acting.flatMap(({ actions }) => actions.edits);
  if (edits.length > 0) {
    for (const edit of edits) edit.apply(header, context);
    const tooLarge = header.commit(context.remark);
    if (tooLarge !== undefined) return reject(552, "5.3.4", `Header field too large: ${tooLarge}`);
  }
  const holding = acting.find(({ actions }) => actions.quarantine !== undefined);
  if (holding) message.quarantine(asciiLine(holding.actions.quarantine!(context)) || holding.name);
  for (const address of recipients.gone) message.deleteRcpt(address);
  for (const [target, args] of recipients.added) message.addRcpt(target, args);
  return undefined;
}

function isDropped({ acting }: RecipientOutcome): boolean {
  return acting.some(({ actions }) => actions.decision === "discard");
}

/** Who no longer gets the message, and who also gets it, with the arguments for the MTA. */
interface RecipientChanges {
  readonly gone: ReadonlySet<string>;
  /** Whether those are all that the message had. */
  readonly isNobodyLeft: boolean;
  readonly added: ReadonlyMap<string, string | undefined>;
}

/**
 * Recipients that a rule adds or redirects to get the message even if it is dropped for others, but not if it is
 * dropped for them.
 */
function recipientChanges(
  acting: readonly Rule[],
  outcomes: readonly RecipientOutcome[],
  { concerned, all }: {
    readonly concerned: readonly EnvelopeAddress[];
    readonly all: readonly EnvelopeAddress[];
  },
): RecipientChanges {
  const gone = new Set<string>();
  const dropped = new Set<string>();
  // The sender must learn nothing about added recipients, not even failed deliveries.
  const wanted = new Map(
    acting.flatMap(({ actions }) =>
      actions.addRecipients.map((target): [string, string | undefined] => [target, "NOTIFY=NEVER"])
    ),
  );
  for (const outcome of outcomes) {
    const isGone = isDropped(outcome);
    const targets = outcome.acting.flatMap(({ actions }) => actions.redirect);
    if (targets.length === 0 && !isGone) continue;
    for (const { mailbox } of outcome.recipient ? [outcome.recipient] : concerned) {
      if (isGone) dropped.add(folded(mailbox));
      if (isGone || !targets.some((target) => folded(target) === folded(mailbox))) gone.add(mailbox);
    }
    for (const target of targets) wanted.set(target, undefined);
  }
  const staying = new Set(
    all.filter(({ mailbox }) => !gone.has(mailbox)).map(({ mailbox }) => folded(mailbox)),
  );
  const isAdded = (target: string) => !staying.has(folded(target)) && !dropped.has(folded(target));
  return {
    gone,
    isNobodyLeft: gone.size > 0 && staying.size === 0,
    added: new Map([...wanted].filter(([target]) => isAdded(target))),
  };
}

/** A mailbox as nearly all mail servers see it: without regard to case. */
function folded(mailbox: string): string {
  return mailbox.toLowerCase();
}

/**
 * The changes that rules may ask for.
 *
 * @param rules the rules
 * @param isForSome whether the filter itself is for some recipients only
 */
export function changesOfRules(rules: readonly Rule[], isForSome: boolean): readonly Change[] {
  // If dropped for all, it still goes to those whom a rule adds.
  const mayDropForSome = isForSome ||
    rules.some(({ parts, actions: { redirect, addRecipients } }) =>
      parts.some(({ ofRecipients }) => ofRecipients) || redirect.length > 0 || addRecipients.length > 0
    );
  const changes = rules.flatMap(({ actions }): Change[] => {
    const { quarantine, edits, fieldEdit, redirect, addRecipients, decision } = actions;
    const removes = redirect.length > 0 || (decision === "discard" && mayDropForSome);
    return [
      ...edits.flatMap(({ changes }) => changes),
      ...(fieldEdit?.changes ?? []),
      ...(quarantine ? ["quarantine" as const] : []),
      ...(removes ? ["deleteRcpt" as const] : []),
      ...(redirect.length > 0 || addRecipients.length > 0 ? ["addRcpt" as const] : []),
    ];
  });
  return [...new Set(changes)];
}

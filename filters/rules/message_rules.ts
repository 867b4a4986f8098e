/**
 * Asks rules about messages, at each event at which some of them can be decided.
 *
 * @module
 */

import type { MessageContext } from "../../lib/filter/context.ts";
import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import type { ConditionFacts } from "../../lib/filter/scope.ts";
import { accept, discard, type Verdict } from "../../lib/filter/verdict.ts";
import type { EnvelopeAddress } from "../../lib/message/envelope.ts";
import { explainRules } from "./explain.ts";
import { actingRules, applyRules, endedEnvelope, type RecipientOutcome } from "./outcome.ts";
import type { Rule } from "./rule.ts";
import { reportActing } from "./report_acting.ts";
import { needsEnd, type RuleQuestion, walk, type Walked } from "./walk.ts";

/** The bytes of the empty line between header and body. */
const EMPTY_LINE = 2;

/** A message while rules are asked about it. */
export interface RuleProgress {
  /** What the rules decided at its sender, for all recipients. */
  asked: Walked;
  /** The recipients that the filter is for, if it is for some only. */
  readonly recipients: EnvelopeAddress[];
  /** The bytes of its body so far. */
  bodyBytes: number;
  /** Whether nothing is left to do. */
  isOver: boolean;
}

/** The context of a message. */
export type Context = MessageContext<undefined, RuleProgress>;

type RuleRefusal = Verdict<"reject" | "tempfail">;

/** Rules, and how they are asked. */
export interface RuleTerms {
  /** The rules, in order. */
  readonly rules: readonly Rule[];
  /** Whether all rules that are met act, up to one that decides. */
  readonly matchesAll: boolean;
  /** Whether one asks for the size. */
  readonly asksSize: boolean;
  /** Whether one looks at the header, as it does for the size. */
  readonly readsHeader: boolean;
  /** Whether the filter itself is for some recipients only. */
  readonly isForSome: boolean;
  /** Whether a recipient may be refused. */
  readonly refusesRecipients: boolean;
  /** Called with the name of each rule that acts. */
  count(rule: string): void;
}

/** Rules that are asked about messages. */
export class MessageRules {
  readonly #terms: RuleTerms;
  readonly #rules: readonly Rule[];
  /** Whether the outcome may differ between recipients. */
  readonly #ofRecipients: boolean;

  /** @param terms the rules, and how they are asked */
  constructor(terms: RuleTerms) {
    this.#terms = terms;
    this.#rules = terms.rules;
    this.#ofRecipients = terms.rules.some(({ parts }) => parts.some(({ ofRecipients }) => ofRecipients));
  }

  /** Asks the rules at the sender. */
  atSender(context: Context): Verdict<"reject" | "tempfail" | "discard" | "accept"> | void {
    const { messageState } = context;
    const asked = this.#ask(context, { from: 0, stage: "message", facts: factsOf(context, []) });
    messageState.asked = asked;
    if (asked.next !== undefined || asked.acting.some((rule) => needsEnd(rule, this.#terms.isForSome))) {
      return;
    }
    messageState.isOver = true;
    reportActing(asked.acting, context, this.#terms.count);
    const last = asked.acting.at(-1)?.actions;
    if (last?.decision === "discard") return discard();
    return last?.decision === "accept" ? accept() : last?.refusal?.(context);
  }

  /** Asks the rules about a recipient, as far as they were not decided at the sender. Only a refusal counts yet. */
  atRecipient(recipient: EnvelopeAddress, context: Context): RuleRefusal | void {
    const { messageState } = context;
    const { next } = messageState.asked;
    if (this.#terms.isForSome) messageState.recipients.push(recipient);
    if (next === undefined || !this.#terms.refusesRecipients) return;
    const facts = factsOf(context, [recipient]);
    const question: RuleQuestion = { from: next, stage: "recipient", facts, recipient: recipient.address };
    const walked = walk(this.#rules, this.#terms.matchesAll, question);
    const refusal = walked.acting.at(-1)?.actions.refusal;
    if (!refusal) return;
    this.#explain(context, question, walked);
    reportActing(walked.acting, context, this.#terms.count);
    const { client, helo, sender, macro } = context;
    return refusal({ client, helo, sender, macro, recipients: [recipient] });
  }

  /** Asks the rules that are left, and does what is to be done. */
  atEnd(message: EndOfMessage, context: Context): Verdict<"reject" | "tempfail" | "discard"> | void {
    const { asked, bodyBytes, isOver } = context.messageState;
    if (isOver) return;
    const headers = this.#terms.readsHeader ? message.headers : undefined;
    const size = headers && this.#terms.asksSize
      ? [...headers].reduce((bytes, field) => bytes + field.size, EMPTY_LINE) + bodyBytes
      : undefined;
    const { recipients: heard } = context.messageState;
    const envelope = endedEnvelope(context, this.#terms.isForSome ? heard : undefined);
    // Those that the filter is for may all have been refused since.
    if (this.#terms.isForSome && envelope.concerned.length === 0) return;
    const outcomes = this.#askedAtEnd(envelope.concerned, asked).map(
      ({ recipient, recipients }): RecipientOutcome => {
        const { next: from } = asked;
        if (from === undefined) return { recipient, acting: asked.acting };
        const facts = { ...factsOf(context, recipients), headers, size };
        const { acting } = this.#ask(context, { from, stage: "end", facts, recipient: recipient?.address });
        return { recipient, acting: [...asked.acting, ...acting] };
      },
    );
    const acting = actingRules(this.#rules, outcomes);
    reportActing(acting, context, this.#terms.count);
    return applyRules(message, acting, outcomes, envelope);
  }

  /** The recipients that are asked about at the end: each by itself, or all together if that makes no difference. */
  #askedAtEnd(recipients: readonly EnvelopeAddress[], { next }: Walked): readonly Recipients[] {
    const together = [{ recipient: undefined, recipients }];
    if (!this.#ofRecipients || next === undefined || recipients.length === 0) {
      return together;
    }
    return recipients.map((recipient) => ({ recipient, recipients: [recipient] }));
  }

  #ask(context: Context, question: RuleQuestion): Walked {
    const walked = walk(this.#rules, this.#terms.matchesAll, question);
    this.#explain(context, question, walked);
    return walked;
  }

  #explain({ explain }: Context, question: RuleQuestion, walked: Walked): void {
    if (explain) explainRules(explain, this.#rules, question, walked);
  }
}

interface Recipients {
  readonly recipient: EnvelopeAddress | undefined;
  readonly recipients: readonly EnvelopeAddress[];
}

function factsOf(context: Context, recipients: readonly EnvelopeAddress[]): ConditionFacts {
  const { client, helo, listener, sender, macro, results } = context;
  return { client, helo, listener, sender, macro, recipients, results, headers: undefined };
}

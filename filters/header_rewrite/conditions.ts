/**
 * The conditions that rules can have.
 *
 * @module
 */

import type { Expression } from "../../lib/expressions/expression.ts";
import { refuseBrackets, refuseGlobal } from "../../lib/options/expression_option.ts";
import type { Network } from "../../lib/options/network.ts";
import { fieldText } from "../../lib/mime/field_text.ts";
import { parseNamedExpression } from "../header_edits/expression.ts";
import type { Fail } from "../../lib/options/quantities.ts";
import { exactName } from "../header_edits/header_name.ts";
import { unfolded } from "../header_edits/header_value.ts";
import type { TemplateContext } from "../header_edits/template.ts";
import type { WorkingHeader } from "../header_edits/working_header.ts";

/** Whether something is true of a message after the rules so far. */
export interface Condition {
  /** Whether it looks at the fields that the message has. */
  readonly readsHeader: boolean;
  /** Decides. */
  holds(header: WorkingHeader, context: TemplateContext): boolean;
}

/** A field with a name has a value that matches, or a text: `[text:]NAME /expression/`. */
export function headerMatches(text: string, fail: Fail): Condition {
  const usage = `[text:]NAME /expression/flags, such as "text:Subject /^\\[list\\]/i"`;
  const { name, isText, expression, rest } = parseNamedExpression(text, usage, fail);
  if (rest !== "") return fail(`want ${usage}; more text follows it`);
  refuseGlobal(expression, fail);
  const matches = exactName(name, fail);
  const read = isText ? fieldText : unfolded;
  return {
    readsHeader: true,
    holds: (header) => header.matching(matches).some(({ value }) => expression.test(read(value))),
  };
}

/** The sender's address matches; that of the null sender is empty. */
export function senderMatches(expression: Expression, fail: Fail): Condition {
  refuseBrackets(expression, fail);
  return ofEnvelope(({ sender }) => sender !== undefined && expression.test(sender.mailbox));
}

/** A recipient's address matches. */
export function recipientMatches(expression: Expression, fail: Fail): Condition {
  refuseBrackets(expression, fail);
  return ofEnvelope(({ recipients }) => recipients.some(({ mailbox }) => expression.test(mailbox)));
}

/** The SMTP client's address is in a network. */
export function clientIn(network: Network): Condition {
  return ofEnvelope(({ client }) => client !== undefined && network.has(client.address));
}

/** The opposite of a condition. */
export function not(condition: Condition): Condition {
  return {
    readsHeader: condition.readsHeader,
    holds: (header, context) => !condition.holds(header, context),
  };
}

function ofEnvelope(test: (context: TemplateContext) => boolean): Condition {
  return { readsHeader: false, holds: (_header, context) => test(context) };
}

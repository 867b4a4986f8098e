/**
 * What rules can depend on.
 *
 * @module
 */

import { type Network, refuseStateful } from "../../lib/options/options.ts";
import { parseNamedExpression } from "./expression.ts";
import type { Fail } from "../../lib/options/quantities.ts";
import { exactName } from "./header_name.ts";
import { unfolded } from "./header_value.ts";
import type { TemplateContext } from "./template.ts";
import type { WorkingHeader } from "./working_header.ts";

/** Tells whether something holds for a message as it stands. */
export type Condition = (header: WorkingHeader, context: TemplateContext) => boolean;

/** Some field of a name has a value that matches: `NAME /expression/`. */
export function headerMatches(text: string, fail: Fail): Condition {
  const usage = `NAME /expression/flags, such as "Subject /^\\[list\\]/i"`;
  const { name, expression, rest } = parseNamedExpression(text, usage, fail);
  if (rest !== "") return fail(`want ${usage}; there is more behind it`);
  refuseStateful(expression.flags, fail);
  const matches = exactName(name, fail);
  return (header) => header.matching(matches).some(({ value }) => expression.test(unfolded(value)));
}

/** The sender's address matches; that of the null sender is empty. */
export function senderMatches(expression: RegExp, fail: Fail): Condition {
  refuseBrackets(expression, fail);
  return (_header, { sender }) => sender !== undefined && expression.test(sender.address);
}

/** Some recipient's address matches. */
export function recipientMatches(expression: RegExp, fail: Fail): Condition {
  refuseBrackets(expression, fail);
  return (_header, { recipients }) => recipients.some(({ address }) => expression.test(address));
}

/** An address stands without its brackets, so what begins or ends with one matches nothing. */
function refuseBrackets({ source }: RegExp, fail: Fail): void {
  // Not for `^<?`, where a bracket may but need not stand, nor for `\k<name>$`.
  if (!/^\^<(?![?*{])[^|]*$|^[^|]*(?<!\\k<\w+)>\$$/.test(source)) return;
  const better = source === "^<>$" ? "; the null sender is empty: /^$/" : "";
  fail(`addresses stand here without < and >${better}`);
}

/** The SMTP client's address lies in a network. */
export function clientIn(network: Network): Condition {
  return (_header, { client }) => client !== undefined && network.has(client.address);
}

/** The opposite of a condition. */
export function not(condition: Condition): Condition {
  return (header, context) => !condition(header, context);
}

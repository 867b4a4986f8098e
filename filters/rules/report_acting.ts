/**
 * Reports which rules act: in metrics, in the log, and in the message's log line.
 *
 * @module
 */

import type { MessageContext } from "../../lib/filter/context.ts";
import type { TemplateContext } from "../header_edits/template.ts";
import type { Rule } from "./rule.ts";

/**
 * The maximum number of lines that a rule logs about one message: with rules for fields, the sender chooses how often
 * it acts.
 */
const MOST_LINES = 20;

/** What reporting needs from the context. */
type TellContext = TemplateContext & Pick<MessageContext<unknown, unknown>, "label" | "log" | "remark">;

/**
 * Reports that rules act.
 *
 * @param acting the rules; one that acts several times counts once
 * @param context of the message
 * @param count called with the name of each
 */
export function reportActing(
  acting: readonly Rule[],
  context: TellContext,
  count: (rule: string) => void,
): void {
  for (const name of new Set(acting.map(({ name }) => name))) {
    count(name);
    context.label(name);
  }
  const lines = new Map<string, number>();
  for (const { name, actions: { log } } of acting) {
    if (log === undefined) continue;
    const before = lines.get(name) ?? 0;
    lines.set(name, before + 1);
    if (before < MOST_LINES) tellLine(context, name, log(context));
  }
  for (const [name, count] of lines) {
    if (count > MOST_LINES) tellLine(context, name, `and ${count - MOST_LINES} more times`);
  }
}

function tellLine({ log, remark }: TellContext, name: string, text: string): void {
  log.info(`rule ${name}: ${text}`);
  remark(`${name}: ${text}`);
}

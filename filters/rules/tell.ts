/**
 * Says which rules act: in metrics, in the log, and in the line of the message.
 *
 * @module
 */

import type { MessageContext } from "../../lib/filter/context.ts";
import type { TemplateContext } from "../header_edits/template.ts";
import type { Rule } from "./rule.ts";

/** What is told where. */
type TellContext = TemplateContext & Pick<MessageContext<unknown, unknown>, "label" | "log" | "remark">;

/**
 * Says that rules act.
 *
 * @param acting the rules; one that acts several times counts once
 * @param context of the message
 * @param count called with the name of each
 */
export function tellActing(
  acting: readonly Rule[],
  context: TellContext,
  count: (rule: string) => void,
): void {
  for (const name of new Set(acting.map(({ name }) => name))) {
    count(name);
    context.label(name);
  }
  for (const { name, actions } of acting) {
    const text = actions.log?.(context);
    if (text === undefined) continue;
    context.log.info(`rule ${name}: ${text}`);
    context.remark(`${name}: ${text}`);
  }
}

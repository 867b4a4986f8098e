/**
 * Says which rules acted: in metrics, in the log, and in the line of the message.
 *
 * @module
 */

import type { MessageContext } from "../../lib/filter/context.ts";
import type { FilterKit } from "../../lib/filter/filter_kit.ts";
import type { TemplateContext } from "../header_edits/template.ts";
import type { Rule } from "./rule.ts";

/** What is told where. */
type TellContext = TemplateContext & Pick<MessageContext<unknown, unknown>, "label" | "log" | "remark">;

/** Says that rules acted on a message or recipient. */
export type Teller = (acting: readonly Rule[], context: TellContext) => void;

/**
 * Makes what says it.
 *
 * @param kit the filter's kit, which can have one of it
 */
export function tellerOf(kit: FilterKit): Teller {
  const counter = kit.counter("acting_total", "Messages and recipients on which a rule acted", ["rule"]);
  return (acting, context) => {
    for (const name of new Set(acting.map(({ name }) => name))) {
      counter.add({ rule: name });
      context.label(name);
    }
    for (const { name, actions } of acting) {
      const text = actions.log?.(context);
      if (text === undefined) continue;
      context.log.info(`rule ${name}: ${text}`);
      context.remark(`${name}: ${text}`);
    }
  };
}

/**
 * Checks the filters of a chain that are limited to certain results of authentication.
 *
 * @module
 */

import type { Filter } from "../filter/filter.ts";
import { InvalidFilterError } from "../filter/validate.ts";
import { EventBit } from "../protocol/events.ts";
import { nameOf } from "./callback_events.ts";
import type { Plan } from "./plan.ts";

/**
 * Checks that each condition on results can take effect: the results come from an earlier filter, and before the filter acts.
 *
 * @throws {InvalidFilterError} naming the filter and what is wrong
 */
export function checkResultConditions(plans: readonly Plan[]): void {
  plans.forEach(({ filter, verdicts }, i) => {
    const { scope, asksResults } = filter;
    const before = plans.slice(0, i).flatMap((plan) => plan.filter.authenticates ?? []);
    const isNamed = (method: string) => before.includes(method);
    const { atRecipients = [], atEnd = [] } = asksResults ?? {};
    const asked = [...scope?.methods ?? [], ...atRecipients, ...atEnd];
    const missing = asked.find((method) => !isNamed(method) && !before.includes("*"));
    if (missing !== undefined) fail(filter, missing, `no filter before it gives results of ${missing}`);
    const early = [...(scope?.end ? [] : scope?.methods ?? []), ...atRecipients];
    const late = early.find((method) => !isNamed(method));
    if (late !== undefined) {
      fail(filter, late, `it asks for ${late} at each recipient, but no filter before it names ${late}`);
    }
    if (!scope?.end) return;
    const event = [...bitsOf(verdicts)].map(nameOf).find((name) => name !== "eom");
    if (event === undefined) return;
    const words = scope.endAsks ?? scope.methods ?? [];
    const verb = words.length > 1 ? "are" : "is";
    const which = words.length > 0 ? words.join(" and ") : "what its scope asks for";
    fail(
      filter,
      event,
      `it may refuse at ${event}, but ${which} ${verb} known only at the end of the message, eom`,
    );
  });
}

// deno-lint-ignore no-explicit-any -- whatever its states are
function fail(filter: Filter<any, any>, value: string, reason: string): never {
  throw new InvalidFilterError(`"${filter.name}"`, value, reason);
}

function* bitsOf(events: number): Iterable<number> {
  for (const bit of Object.values(EventBit)) if (events & bit) yield bit;
}

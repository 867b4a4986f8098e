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
    const { scope } = filter;
    if (!scope) return;
    const before = plans.slice(0, i).flatMap((plan) => plan.filter.authenticates ?? []);
    const missing = scope.methods?.find((method) => !before.includes(method) && !before.includes("*"));
    if (missing !== undefined) fail(filter, missing, `no filter before it gives results of ${missing}`);
    if (!scope.end) {
      const late = scope.methods?.find((method) => !before.includes(method));
      if (late === undefined) return;
      fail(filter, late, `it asks for ${late} at each recipient, but no filter before it names ${late}`);
    }
    const early = [...bitsOf(verdicts)].map(nameOf).find((name) => name !== "eom");
    if (early === undefined) return;
    const which = scope.methods?.join(" and ") ?? "what its scope asks for";
    fail(
      filter,
      early,
      `it may refuse at ${early}, but ${which} is known only at the end of the message, eom`,
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

/**
 * Runs a filter without effect: its verdicts and changes are only logged.
 *
 * @module
 */

import type { Filter } from "./filter.ts";
import { plainFilter } from "./filter_keys.ts";

/**
 * Returns a filter that sees every event as before, but whose verdicts and changes are only logged.
 *
 * @param filter the filter, a plain object or an instance of a class; it is not modified
 */
export function dryRun<C, M>(filter: Filter<C, M>): Filter<C, M> {
  return { ...plainFilter(filter), dryRun: true };
}

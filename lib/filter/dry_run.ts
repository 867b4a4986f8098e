/**
 * Filters that only tell what they would do.
 *
 * @module
 */

import type { Filter } from "./filter.ts";
import { plainFilter } from "./filter_keys.ts";

/**
 * A filter that sees everything as before, but whose verdicts and changes are only logged.
 *
 * @param filter the filter, a plain object or an instance of a class; it is not changed
 */
export function dryRun<C, M>(filter: Filter<C, M>): Filter<C, M> {
  return { ...plainFilter(filter), dryRun: true };
}

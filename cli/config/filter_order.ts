/**
 * Checks the order of the filters in a chain.
 *
 * @module
 */

import type { Change } from "../../lib/filter/filter_terms.ts";
import { type ConfiguredFilter, flagName } from "./filter_arguments.ts";

/** A filter in a place where it must not be. */
export interface MisplacedFilter {
  /** The filter. */
  readonly filter: ConfiguredFilter;
  /** What is wrong, and what to do. */
  readonly reason: string;
}

/** The changes with which a check of the original message could find something else. */
const SPOILING: readonly Change[] = ["changeHeader", "deleteHeader", "replaceBody"];
/** The changes of what a signature may cover: a signed field may be one that there was none of. */
const OF_CONTENT: readonly Change[] = [...SPOILING, "addHeader", "insertHeader"];

/**
 * Returns a warning for each filter that changes messages before another one that needs them as they were sent.
 */
export function orderWarnings(filters: readonly ConfiguredFilter[]): string[] {
  return filters.flatMap((each, i) => {
    const later = filters.slice(i + 1).find(({ definition }) =>
      definition.wantsOriginal && definition !== each.definition
    );
    if (!later || !mayChange(each, SPOILING)) return [];
    const wanting = flagName(later.definition);
    return [
      `--filter ${flagName(each.definition)} changes messages before --filter ${wanting} checks them ` +
      `as they were sent; put ${wanting} first`,
    ];
  });
}

/**
 * Finds filters that may change messages behind one that needs them as they will leave. Several of those may follow each
 * other, such as two that sign for different listeners.
 */
export function misplacedFilters(filters: readonly ConfiguredFilter[]): readonly MisplacedFilter[] {
  const first = filters.findIndex(({ definition, filter }) => definition.wantsFinal && !filter.dryRun);
  if (first < 0) return [];
  const wanting = flagName(filters[first]!.definition);
  return filters.slice(first + 1)
    .filter((each) => !each.definition.wantsFinal && mayChange(each, OF_CONTENT))
    .map((filter) => ({
      filter,
      reason: `--filter ${flagName(filter.definition)} may change messages behind --filter ${wanting}, ` +
        `which needs them as they will leave; put ${wanting} last`,
    }));
}

function mayChange({ filter }: ConfiguredFilter, changes: readonly Change[]): boolean {
  return !filter.dryRun && (filter.changes?.some((change) => changes.includes(change)) ?? false);
}

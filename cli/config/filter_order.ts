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

/** The changes after which no check of the message as it was sent can succeed: every signature covers the body. */
const OF_BODY: readonly Change[] = ["replaceBody", "editContent"];
/** The changes with which such a check could find something else. */
const SPOILING: readonly Change[] = ["changeHeader", "deleteHeader", ...OF_BODY];
/** The changes of what a signature may cover: a signed field may be one that there was none of. */
const OF_CONTENT: readonly Change[] = [...SPOILING, "addHeader", "insertHeader"];
/** The fields that checks write, in lower case. */
const OF_RESULTS: readonly string[] = ["authentication-results", "received-spf"];
/** The most names of fields in a warning. */
const MOST_FIELDS = 5;

/**
 * Returns a warning for each filter that may change messages before another one that needs them as they were sent: header
 * fields, which a signature may cover or not, or what it agrees on with the MTA only, as an external milter does.
 */
export function orderWarnings(filters: readonly ConfiguredFilter[]): string[] {
  return filters.flatMap((each, i) => {
    const later = filters.slice(i + 1).find((other) => wantsOriginal(other, each));
    if (!later || !mayChange(each, SPOILING) || writesResultsOnly(each)) return [];
    const wanting = flagName(later.definition);
    return [
      `--filter ${flagName(each.definition)} changes ${
        whatOf(each)
      } before --filter ${wanting} checks messages ` +
      `as they were sent; put ${wanting} first`,
    ];
  });
}

/**
 * Finds filters that may change messages where others need them as they are: the body before one that checks the message as
 * it was sent, or anything after one that signs it as it will leave. Several of those that sign may follow each other, such
 * as two for different listeners.
 */
export function misplacedFilters(filters: readonly ConfiguredFilter[]): readonly MisplacedFilter[] {
  return [...beforeChecks(filters), ...afterSigners(filters)];
}

/**
 * Valid mail would fail the check, and its policy might reject it. A filter that negotiates says only then what it changes,
 * so it gets a warning.
 */
function beforeChecks(filters: readonly ConfiguredFilter[]): MisplacedFilter[] {
  return filters.flatMap((each, i) => {
    if (each.filter.negotiate !== undefined || !mayChange(each, OF_BODY)) return [];
    const later = filters.slice(i + 1).find((other) => wantsOriginal(other, each) && !other.filter.dryRun);
    if (!later) return [];
    const wanting = flagName(later.definition);
    const reason =
      `--filter ${flagName(each.definition)} changes the body before --filter ${wanting} checks ` +
      `messages as they were sent, so that valid ones may fail; put ${wanting} first`;
    return [{ filter: each, reason }];
  });
}

function afterSigners(filters: readonly ConfiguredFilter[]): MisplacedFilter[] {
  const first = filters.findIndex(({ definition, filter }) => definition.wantsFinal && !filter.dryRun);
  if (first < 0) return [];
  const wanting = flagName(filters[first]!.definition);
  return filters.slice(first + 1)
    .filter((each) => !each.definition.wantsFinal && mayChange(each, OF_CONTENT))
    .map((filter) => ({
      filter,
      reason: `--filter ${flagName(filter.definition)} may change messages after --filter ${wanting}, ` +
        `which needs them as they will leave; put ${wanting} last`,
    }));
}

/** Whether a filter needs messages as they were before another one. */
function wantsOriginal({ definition }: ConfiguredFilter, before: ConfiguredFilter): boolean {
  return definition.wantsOriginal === true && definition !== before.definition;
}

function mayChange({ filter }: ConfiguredFilter, changes: readonly Change[]): boolean {
  return !filter.dryRun && (filter.changes?.some((change) => changes.includes(change)) ?? false);
}

/** Whether all that a filter changes are the fields of checks, which come one after the other. */
function writesResultsOnly({ filter: { changedFields = [], changes = [] } }: ConfiguredFilter): boolean {
  return changedFields.length > 0 && !changes.some((change) => OF_BODY.includes(change)) &&
    changedFields.every((name) => OF_RESULTS.includes(name.toLowerCase()));
}

/** What a filter changes: the fields, if it is known which. */
function whatOf(each: ConfiguredFilter): string {
  const { changedFields } = each.filter;
  if (changedFields === undefined || mayChange(each, OF_BODY)) return "messages";
  const more = changedFields.length - MOST_FIELDS;
  return changedFields.slice(0, MOST_FIELDS).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

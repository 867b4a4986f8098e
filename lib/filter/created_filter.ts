/**
 * Checks what a filter's `create` returned.
 *
 * @module
 */

import { EVENT_NAMES } from "../protocol/events.ts";
import type { Filter } from "./filter.ts";
import { InvalidFilterError, validateFilter } from "./validate.ts";

/**
 * Checks what `create` returned, and makes the filter from it, without its `dispose`. `create` may narrow what the
 * filter declares; terms without a callback are dropped.
 *
 * @param declared what the filter declares
 * @param created what its `create` returned
 * @throws {InvalidFilterError} naming the filter and what is wrong with it
 */
export function createdFilter(declared: Filter, created: Readonly<Record<string, unknown>>): Filter {
  const fail = (value: unknown, reason: string): never => {
    throw new InvalidFilterError(`"${declared.name}"`, value, `what create returned: ${reason}`);
  };
  for (const key of ["create", "options"]) {
    if (created[key] !== undefined) fail(created[key], `${key} belongs beside create`);
  }
  for (const list of ["changes", "verdicts"] as const) {
    const all: readonly string[] = declared[list] ?? (list === "changes" ? [] : EVENT_NAMES);
    const given = created[list];
    const other = Array.isArray(given) ? given.find((item) => !all.includes(item)) : undefined;
    if (other !== undefined) {
      fail(other, `${list} holds "${other}", which is not in the ${list} that stand beside create`);
    }
  }
  if (created.content !== undefined && created.content !== "none") {
    fail(created.content, 'content belongs beside create; what create returns may only say "none"');
  }
  const { dispose, ...callbacks } = created;
  if (dispose !== undefined && typeof dispose !== "function") {
    fail(dispose, `dispose must be a function, got ${typeof dispose}`);
  }
  const has = (event: string) => typeof callbacks[event] === "function";
  const filter = {
    ...declared,
    ...(declared.changes && !has("eom") ? { changes: [] } : {}),
    ...(declared.content && !has("eom") ? { content: "none" as const } : {}),
    ...(declared.verdicts ? { verdicts: declared.verdicts.filter(has) } : {}),
    ...(declared.events ? { events: declared.events.filter(has) } : {}),
    ...callbacks,
  };
  try {
    validateFilter(filter, 1);
  } catch (error) {
    if (!(error instanceof InvalidFilterError)) throw error;
    fail(error.value, error.reason);
  }
  return filter;
}

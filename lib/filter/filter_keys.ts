/**
 * The names of all callbacks and settings of a filter.
 *
 * @module
 */

import type { CreatedFilter, FilterDefinition } from "./definition.ts";
import type { Filter } from "./filter.ts";

/** Any property of a filter: ready to be called, as defined, or as returned by `create`. */
type Key = keyof Filter | keyof FilterDefinition | keyof CreatedFilter<unknown, unknown, never, never>;

const KEYS: Readonly<Record<Key, "callback" | "setting">> = {
  name: "setting",
  changes: "setting",
  events: "setting",
  verdicts: "setting",
  macros: "setting",
  rejectedRecipients: "setting",
  leadingSpace: "setting",
  content: "setting",
  readsHeader: "setting",
  onError: "setting",
  timeout: "setting",
  dryRun: "setting",
  actsOutside: "setting",
  changedFields: "setting",
  authenticates: "setting",
  asksResults: "setting",
  asksMacros: "setting",
  scope: "setting",
  summary: "setting",
  description: "setting",
  examples: "setting",
  wantsOriginal: "setting",
  wantsFinal: "setting",
  options: "setting",
  connect: "callback",
  helo: "callback",
  mail: "callback",
  rcpt: "callback",
  data: "callback",
  header: "callback",
  eoh: "callback",
  body: "callback",
  eom: "callback",
  unknown: "callback",
  negotiate: "callback",
  abort: "callback",
  close: "callback",
  connectionState: "callback",
  messageState: "callback",
  create: "callback",
  dispose: "callback",
};

/** The property that marks a filter as made from a definition with `create`; copies of the filter have it too. */
export const MADE: unique symbol = Symbol("milterkit made filter");

/** All of them. */
const FILTER_KEYS = Object.keys(KEYS) as Key[];

/** The names of a filter's functions. */
export const CALLBACKS: readonly string[] = FILTER_KEYS.filter((key) => KEYS[key] === "callback");

/** The names of a filter's other properties. */
export const SETTINGS: readonly string[] = FILTER_KEYS.filter((key) => KEYS[key] === "setting");

/**
 * Returns a filter as a plain object, which can be copied with different settings. A copy of a class instance would
 * lack inherited members, and its callbacks could not access the instance's private members.
 */
// deno-lint-ignore no-explicit-any -- each filter has its own state types
export function plainFilter<F extends Filter<any, any>>(filter: F): F {
  if (Object.getPrototypeOf(filter) === Object.prototype) return filter;
  const plain: Record<string, unknown> = {};
  for (const key of FILTER_KEYS) {
    const value = (filter as Readonly<Record<string, unknown>>)[key];
    if (value !== undefined) plain[key] = typeof value === "function" ? value.bind(filter) : value;
  }
  return plain as unknown as F;
}

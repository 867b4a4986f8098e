/**
 * All that a filter can have.
 *
 * @module
 */

import type { Filter } from "./filter.ts";

const KEYS: Readonly<Record<keyof Filter, "callback" | "setting">> = {
  name: "setting",
  changes: "setting",
  events: "setting",
  verdicts: "setting",
  macros: "setting",
  rejectedRecipients: "setting",
  leadingSpace: "setting",
  onError: "setting",
  timeout: "setting",
  dryRun: "setting",
  actsOutside: "setting",
  scope: "setting",
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
};

/** The name of everything that a filter can have. */
const FILTER_KEYS = Object.keys(KEYS) as (keyof Filter)[];

/** The names of the functions among them. */
export const CALLBACKS: readonly string[] = FILTER_KEYS.filter((key) => KEYS[key] === "callback");

/** The names of all else. */
export const SETTINGS: readonly string[] = FILTER_KEYS.filter((key) => KEYS[key] === "setting");

/**
 * A filter as a plain object, for a copy with other settings: an instance of a class has more than a copy shows, and its
 * callbacks may reach what only the instance has.
 */
// deno-lint-ignore no-explicit-any -- the state types of a filter are nobody's business but its own
export function plainFilter<F extends Filter<any, any>>(filter: F): F {
  if (Object.getPrototypeOf(filter) === Object.prototype) return filter;
  const plain: Record<string, unknown> = {};
  for (const key of FILTER_KEYS) {
    const value: unknown = filter[key];
    if (value !== undefined) plain[key] = typeof value === "function" ? value.bind(filter) : value;
  }
  return plain as unknown as F;
}

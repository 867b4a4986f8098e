/**
 * Tells people of lookups.
 *
 * @module
 */

import { plural } from "../terminal/plural.ts";
import type { Lines } from "./lines.ts";
import type { Lookup } from "./lookup.ts";

/** The most records or addresses that are shown of one answer. */
const MAX_SHOWN = 10;

/**
 * A lookup with its answer. Of TXT records only the number is told: their texts follow on lines of their own.
 *
 * @param lookup the lookup
 * @param lines cuts long records
 */
export function lookupText({ type, name, status, records }: Lookup, lines: Lines): string {
  const question = `${type} ${name}`;
  if (status === "nxdomain") return `${question}: no such name`;
  if (status === "nodata") return `${question}: no ${type} record`;
  if (status !== "found") return `${question}: the lookup failed (${status})`;
  if (type === "TXT") return `${question}: ${plural(records.length, "record")}`;
  const more = records.length - MAX_SHOWN;
  const shown = records.slice(0, MAX_SHOWN).map((record) => lines.cut(record)).join(", ");
  return `${question}: ${shown}${more > 0 ? `, and ${more} more` : ""}`;
}

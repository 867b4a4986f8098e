/**
 * Formats what a filter did to a message.
 *
 * @module
 */

import type { FilterNote } from "../../lib/filter/report.ts";

/** Formats a note: `reject (550 5.7.1 No)`, a remark, or changes. */
export function noteText({ verdict, reply, remark, changes = [] }: FilterNote): string {
  const said = verdict === undefined || reply === undefined ? verdict : `${verdict} (${reply})`;
  return [said, remark, ...changes].filter(Boolean).join(", ");
}

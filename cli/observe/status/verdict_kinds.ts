/**
 * Groups the verdicts of a filter by kind.
 *
 * @module
 */

import { partsOfVerdictKey } from "../mail_counts.ts";
import { countText } from "./figures.ts";

/** Verdicts of one kind. */
export interface VerdictCount {
  readonly kind: string;
  readonly count: number;
  /** The count at each event, in words. */
  readonly events: string;
}

/** Verdicts that prevent delivery come first. */
const ORDER = ["reject", "tempfail", "discard", "accept"];

/**
 * Returns the kinds, in a fixed order.
 *
 * @param verdicts counts by event and kind, such as `rcpt reject`
 */
export function byKind(verdicts: Readonly<Record<string, number>>): VerdictCount[] {
  const kinds = new Map<string, { count: number; events: string[] }>();
  for (const [key, count] of Object.entries(verdicts)) {
    if (count === 0) continue;
    const { event, kind } = partsOfVerdictKey(key);
    const before = kinds.get(kind) ?? { count: 0, events: [] };
    kinds.set(kind, {
      count: before.count + count,
      events: [...before.events, `${countText(count)} at ${event}`],
    });
  }
  return [...kinds].map(([kind, { count, events }]) => ({ kind, count, events: events.join(", ") }))
    .sort((a, b) => place(a.kind) - place(b.kind) || a.kind.localeCompare(b.kind));
}

function place(kind: string): number {
  const index = ORDER.indexOf(kind);
  return index < 0 ? ORDER.length : index;
}

/**
 * Counts the labels of messages. Filters have few, but nothing keeps one from making many, and each is a series of its own.
 *
 * @module
 */

import { addOne } from "./count_map.ts";

/** The most labels that are counted by themselves. */
export const MOST_LABELS = 200;
/** Stands for all others. */
const OTHER = "other";

/** Returns counts of zero. Without a prototype, since a label may be "constructor". */
export function emptyLabelCounts(): Record<string, number> {
  return Object.create(null);
}

/** Adds to the count of a label, or to that of all others if there are too many. */
export function addLabel(counts: Record<string, number>, label: string, number = 1): void {
  const isKnown = label in counts || Object.keys(counts).length < MOST_LABELS;
  addOne(counts, isKnown ? label : OTHER, number);
}

/** Adds counts to others. */
export function addLabels(into: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [label, count] of Object.entries(counts)) addLabel(into, label, count);
}

/**
 * From the header that the MTA has to the header that the filters made of it: the packets that lead there.
 *
 * @module
 */

import { latin1Text } from "../protocol/text.ts";
import type { HeaderField } from "./header.ts";
import type { Entry, HeaderList } from "./header_list.ts";

/** An index beyond every header: both MTAs take it for the end. */
const AT_THE_END = 100_000;

/** One packet about the header. */
export type HeaderAction =
  | { readonly type: "addHeader"; readonly field: HeaderField }
  | { readonly type: "insertHeader"; readonly index: number; readonly field: HeaderField }
  /** `index` is the field's number among those of its name, from 1. */
  | { readonly type: "changeHeader"; readonly index: number; readonly field: HeaderField }
  | { readonly type: "deleteHeader"; readonly index: number; readonly field: HeaderField };

/**
 * The least sequence of actions that makes the MTA's header what the list says.
 *
 * Postfix renumbers after each deletion, Sendmail does not. Going through the fields of a name from the last to the
 * first, each at most once and new ones afterwards, means the same to both.
 */
export function headerActions(list: HeaderList): HeaderAction[] {
  if (!list.changed) return [];
  return [...changesAndDeletions(list), ...additions(list.entries)];
}

function changesAndDeletions(list: HeaderList): HeaderAction[] {
  const now = new Map<HeaderField, HeaderField>();
  for (const { original, field } of list.entries) if (original) now.set(original, field);
  const actions: HeaderAction[] = [];
  const counts = new Map<string, number>();
  for (const original of list.originals) {
    // By its bytes: as text, names that are not UTF-8 could look alike.
    const key = latin1Text(original.nameBytes).replace(/[A-Z]/g, (upper) => upper.toLowerCase());
    const index = (counts.get(key) ?? 0) + 1;
    counts.set(key, index);
    const field = now.get(original);
    if (field === original) continue;
    actions.push(
      field ? { type: "changeHeader", index, field } : { type: "deleteHeader", index, field: original },
    );
  }
  return actions.reverse();
}

function additions(entries: readonly Entry[]): HeaderAction[] {
  const actions: HeaderAction[] = [];
  let firstAfterLast = entries.length;
  while (firstAfterLast > 0 && !entries[firstAfterLast - 1].original && !entries[firstAfterLast - 1].onTop) {
    firstAfterLast--;
  }
  // Fields that stand before others are inserted, the lower ones first: each insert then counts only fields that are
  // already in the MTA's hands.
  let below = 0;
  for (const { original } of entries) if (original) below++;
  for (let i = firstAfterLast - 1; i >= 0; i--) {
    const { field, original, onTop } = entries[i];
    if (original) below--;
    else actions.push({ type: "insertHeader", index: onTop ? 0 : below + 1, field });
  }
  for (const { field, inserted } of entries.slice(firstAfterLast)) {
    // To Sendmail an added field belongs to others of its name; only an inserted one stands where it was put.
    actions.push(
      inserted ? { type: "insertHeader", index: AT_THE_END, field } : { type: "addHeader", field },
    );
  }
  return actions;
}

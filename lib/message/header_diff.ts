/**
 * Computes the packets that turn the header that the MTA has into the header that the filters made of it.
 *
 * @module
 */

import type { HeaderField } from "./header.ts";
import type { HeaderList } from "./header_list.ts";
import { type Addition, type Entry, type HeaderAction, headerKey } from "./header_model.ts";
import { latin1Text } from "../protocol/text.ts";

/** Up to this many names are compared directly rather than decoding all. */
const FEW = 4;

/**
 * The shortest sequence of actions that makes the MTA's header what the list says: one for each field that was changed,
 * deleted or added.
 *
 * Postfix renumbers after each deletion, Sendmail does not. Going through the fields of a name from the last to the
 * first, each at most once, and adding new ones afterwards means the same to both. New fields are requested as the
 * filters requested them, which depends least on the MTA's configuration; or by place, if a field that was added and
 * deleted again had moved them.
 */
export function headerActions(list: HeaderList): HeaderAction[] {
  const { entries, originals } = list;
  if (entries === undefined) return [];
  const changed = changedFields(originals, entries);
  const old = [...emptied(originals, entries), ...changesAndDeletions(originals, changed)];
  const asAsked = [...broughtAsAsked(list.brought), ...bareFields(entries)];
  // Without new fields there is nothing to put elsewhere.
  if (!list.anyDeleted || asAsked.length === 0 || leadsTo(list, changed, asAsked)) {
    return [...old, ...asAsked];
  }
  const byPlace = broughtByPlace(list, entries);
  return [...old, ...(leadsTo(list, changed, byPlace) ? byPlace : asAsked)];
}

/** What fields of the MTA are now; undefined: deleted. */
type ChangedFields = ReadonlyMap<HeaderField, HeaderField | undefined>;

function changesAndDeletions(originals: readonly HeaderField[], now: ChangedFields): HeaderAction[] {
  // Most filters only add fields, and numbering all fields takes long.
  if (now.size === 0) return [];
  const actions: HeaderAction[] = [];
  const counts = new Map<string, number>();
  const keyOf = keysAmong(now.keys());
  for (const original of originals) {
    const key = keyOf(original);
    if (key === undefined) continue;
    const index = (counts.get(key) ?? 0) + 1;
    counts.set(key, index);
    if (!now.has(original)) continue;
    const field = now.get(original);
    actions.push(
      field && !isBare(field)
        ? { type: "changeHeader", index, field }
        : { type: "deleteHeader", index, field: original },
    );
  }
  return actions.reverse();
}

/** The fields that were changed. Entries keep the order of the originals. */
function changedFields(originals: readonly HeaderField[], entries: readonly Entry[]): ChangedFields {
  const changed = new Map<HeaderField, HeaderField | undefined>();
  let at = 0;
  for (const { original, field } of entries) {
    if (original === undefined) continue;
    for (let gone = originals[at++]; gone && gone !== original; gone = originals[at++]) {
      changed.set(gone, undefined);
    }
    if (field !== original) changed.set(original, field);
  }
  for (const gone of originals.slice(at)) changed.set(gone, undefined);
  return changed;
}

/** Returns a function that gives a field's key if one of these fields has its name, and mostly undefined if none has. */
function keysAmong(fields: Iterable<HeaderField>): (field: HeaderField) => string | undefined {
  const keys = new Set(Array.from(fields, ({ nameBytes }) => headerKey(nameBytes)));
  // Comparing a name with a few others is faster than decoding it.
  if (keys.size > FEW) return ({ nameBytes }) => headerKey(nameBytes);
  const few = [...keys];
  return (field) => few.find((key) => field.is(key));
}

/**
 * Deletions for the MTA's own places that a filter filled and a later one emptied, so that the MTA does not put its default
 * there. A number beyond the count means that place. If the message has such a field there is no default, except for
 * Return-Path (`H_FORCE`).
 */
function emptied(originals: readonly HeaderField[], entries: readonly Entry[]): HeaderAction[] {
  const actions: HeaderAction[] = [];
  for (const entry of entries) {
    const { own, brought, field } = entry;
    if (!own || !brought || field) continue;
    const { key } = entry;
    const count = originals.filter((original) => original.is(key)).length;
    if (count > 0 && key !== "return-path") continue;
    actions.push({ type: "deleteHeader", index: count + 1, field: brought.field });
  }
  return actions;
}

function broughtAsAsked(brought: Iterable<Entry>): Addition[] {
  const actions: Addition[] = [];
  // A later filter may have changed the field.
  for (const { brought: action, field } of brought) if (field) actions.push({ ...action!, field });
  return actions;
}

/** Fields that were changed to have nothing after the colon. Such a change would delete them, so they are added again. */
function bareFields(entries: readonly Entry[]): Addition[] {
  return entries.flatMap(({ original, field }) =>
    isBroughtBack(original, field) ? [{ type: "addHeader", field } as const] : []
  );
}

function isBroughtBack(
  original: HeaderField | undefined,
  field: HeaderField | undefined,
): field is HeaderField {
  return original !== undefined && field !== undefined && field !== original && isBare(field);
}

function isBare(field: HeaderField): boolean {
  return field.rawValueBytes.length === 0;
}

/** From the top down, so that each index counts the fields that are already above it. */
function broughtByPlace({ model }: HeaderList, entries: readonly Entry[]): Addition[] {
  const actions: Addition[] = [];
  let length = 0;
  // The MTA's own places first: while they are empty, an added field with their name goes there.
  for (const { original, own, field } of entries) {
    if (original || own) length++;
    if (own && field) actions.push({ type: "addHeader", field });
  }
  let place = 0;
  for (const { original, own, field } of entries) {
    if (original || own) {
      place++;
      if (isBroughtBack(original, field)) actions.push(model.additionAt(place++, length++, field));
    } else if (field) {
      actions.push(model.additionAt(place++, length++, field));
    }
  }
  return actions;
}

/** Whether the MTA would have the list's header after the changes and deletions, and then these additions. */
function leadsTo(
  { model, originals, entries }: HeaderList,
  changed: ChangedFields,
  additions: readonly Addition[],
): boolean {
  const simulated = model.start(originals);
  // Each number refers to the field that it was counted for; finding each field by its number would take long.
  for (const entry of changed.size > 0 ? [...simulated] : []) {
    const { original } = entry;
    if (original === undefined || !changed.has(original)) continue;
    const field = changed.get(original);
    if (field && !isBare(field)) model.change(simulated, entry, field);
    else model.remove(simulated, entry);
  }
  for (const addition of additions) model.add(simulated, addition);
  const reached = simulated.filter(isThere);
  const wanted = entries!.filter(isThere);
  return reached.length === wanted.length && reached.every((entry, i) => sameEntry(entry, wanted[i]));
}

function isThere({ own, field }: Entry): boolean {
  return own || field !== undefined;
}

function sameEntry(a: Entry, b: Entry | undefined): boolean {
  return b !== undefined && a.own === b.own && a.key === b.key && sameField(a.field, b.field);
}

function sameField(a: HeaderField | undefined, b: HeaderField | undefined): boolean {
  if (a === b || a === undefined || b === undefined) return a === b;
  return latin1Text(a.nameBytes) === latin1Text(b.nameBytes) &&
    latin1Text(a.rawValueBytes) === latin1Text(b.rawValueBytes);
}

/**
 * What Postfix and Sendmail do with a header while filters change it: where an added field lands, what an index counts,
 * what becomes of a deleted one. A chain follows the MTA that it talks to, so that a later filter sees what it would see
 * as a milter of its own, and the message ends as it would.
 *
 * Seen with Postfix 3.7 and Sendmail 8.17; `cleanup_milter.c` of the one, `milter.c` and `headers.c` of the other.
 *
 * @module
 */

import { latin1Text } from "../protocol/text.ts";
import { HeaderField } from "./header.ts";
import type { MtaKind } from "./mta.ts";

/** One packet about the header. */
export type HeaderAction =
  | { readonly type: "addHeader"; readonly field: HeaderField }
  | { readonly type: "insertHeader"; readonly index: number; readonly field: HeaderField }
  /** `index` is the field's number among those of its name, from 1. */
  | { readonly type: "changeHeader"; readonly index: number; readonly field: HeaderField }
  | { readonly type: "deleteHeader"; readonly index: number; readonly field: HeaderField };

/** An action that brings a field. */
export type Addition = Extract<HeaderAction, { readonly type: "addHeader" | "insertHeader" }>;

/** A place in an MTA's header. */
export interface Entry {
  /** Its name, in the spelling that the MTA keeps. */
  readonly name: Uint8Array;
  /** Its name in lower case. */
  readonly key: string;
  /** What the MTA sent here; undefined for what a filter brought, and for the MTA's own. */
  readonly original: HeaderField | undefined;
  /** A field of the MTA's own, which no filter is shown, or a place that it keeps for one. */
  readonly own: boolean;
  /** What stands here; undefined: nothing (any more), or what no filter is shown. */
  field: HeaderField | undefined;
  /** The action that brought what a filter brought. */
  brought: Addition | undefined;
  /** Sendmail's `H_USER`: its number counts, be it deleted or not. */
  counts: boolean;
}

/** How an MTA keeps a header. The lists are changed in place. */
export interface HeaderModel {
  /** The header before any change. */
  start(originals: readonly HeaderField[]): Entry[];
  /** Carries out `SMFIR_ADDHEADER` or `SMFIR_INSHEADER`; gives where the field stands. */
  add(entries: Entry[], action: Addition): Entry;
  /** Carries out `SMFIR_CHGHEADER`; gives where the field stands. */
  change(entries: Entry[], entry: Entry, field: HeaderField): Entry;
  /** Carries out `SMFIR_CHGHEADER` with an empty value. */
  remove(entries: Entry[], entry: Entry): void;
  /** A later filter is shown the header, up to a field or all of it. */
  show(entries: Entry[], last: HeaderField | undefined): void;
  /** The field that a number of `SMFIR_CHGHEADER` means. */
  numbered(entries: readonly Entry[], key: string, number: number): Entry | undefined;
  /** The addition that brings a field to a place (an index of the list) of so many. */
  additionAt(place: number, length: number, field: HeaderField): Addition;
}

/** An index beyond every header: both MTAs take it for the end. */
const AT_THE_END = 100_000;

/** A name as MTAs compare it: by its bytes, since names that are not UTF-8 could look alike as text. */
export function headerKey(name: Uint8Array): string {
  return latin1Text(name).replace(/[A-Z]/g, (upper) => upper.toLowerCase());
}

function entryOf(original: HeaderField): Entry {
  const name = original.nameBytes;
  return {
    name,
    key: headerKey(name),
    original,
    own: false,
    field: original,
    brought: undefined,
    counts: true,
  };
}

function ownEntry(spelling: string): Entry {
  const name = new TextEncoder().encode(spelling);
  return {
    name,
    key: headerKey(name),
    original: undefined,
    own: true,
    field: undefined,
    brought: undefined,
    counts: false,
  };
}

function broughtEntry(brought: Addition): Entry {
  const { field } = brought;
  const name = field.nameBytes;
  return { name, key: headerKey(name), original: undefined, own: false, field, brought, counts: true };
}

/** Numbers count the fields that there are, and an index counts the MTA's own Received too. */
const POSTFIX: HeaderModel = {
  start: (originals) => [ownEntry("Received"), ...originals.map(entryOf)],
  add(entries, action) {
    const entry = broughtEntry(action);
    if (action.type === "addHeader") entries.push(entry);
    else entries.splice(action.index, 0, entry);
    return entry;
  },
  change(entries, entry, field) {
    if (entry.field === undefined) return POSTFIX.add(entries, { type: "addHeader", field });
    entry.field = field;
    return entry;
  },
  remove(entries, entry) {
    if (entry.field === undefined) return;
    entry.field = undefined;
    entries.splice(entries.indexOf(entry), 1);
  },
  show() {},
  numbered: (entries, key, number) =>
    entries.filter((entry) => entry.key === key && entry.field !== undefined)[number - 1],
  additionAt: (place, length, field) =>
    place === length ? { type: "addHeader", field } : { type: "insertHeader", index: place, field },
};

/**
 * The fields that `sendmail.cf` (proto.m4) declares. They stand before those of the message all the time: Received is
 * written, the others where the message has none.
 */
const SENDMAIL_OWN: readonly string[] = [
  "Return-Path",
  "Received",
  "Resent-Date",
  "Date",
  "Resent-From",
  "From",
  "Full-Name",
  "Resent-Message-Id",
  "Message-Id",
];

/** Names that may stand in a header several times by their nature (`H_TRACE`): a place of these is not filled again. */
const TRACE: ReadonlySet<string> = new Set(["received", "x400-received", "via", "mail-from"]);

/**
 * A deleted field keeps its place for good, and its number until a later filter is shown the header. An added field
 * fills an empty place of its name that has no number, else it goes before the first of its name, be it deleted or the
 * MTA's own. An index counts all places. A changed field keeps its spelling.
 */
const SENDMAIL: HeaderModel = {
  start: (originals) => [...SENDMAIL_OWN.map(ownEntry), ...originals.map(entryOf)],
  add(entries, action) {
    const entry = broughtEntry(action);
    if (action.type === "insertHeader") {
      // Behind the place that the index names, not before it.
      entries.splice(action.index + 1, 0, entry);
      return entry;
    }
    const free = entries.find(({ key, counts }) => key === entry.key && !counts && !TRACE.has(key));
    if (free) {
      fill(free, action.field);
      if (!free.original) free.brought ??= action;
      return free;
    }
    const first = entries.findIndex(({ key }) => key === entry.key);
    entries.splice(first < 0 ? entries.length : first, 0, entry);
    return entry;
  },
  change(_entries, entry, field) {
    fill(entry, field);
    return entry;
  },
  remove(_entries, entry) {
    entry.field = undefined;
  },
  show(entries, last) {
    for (const entry of entries) {
      if (entry.field === undefined) entry.counts = false;
      else if (entry.field === last) break;
    }
  },
  numbered: (entries, key, number) =>
    entries.filter((entry) => entry.key === key && entry.counts)[number - 1],
  additionAt: (place, length, field) =>
    // No index leads above the first place, but before the first of a name an added field goes.
    place === 0
      ? { type: "addHeader", field }
      : { type: "insertHeader", index: place === length ? AT_THE_END : place - 1, field },
};

function fill(entry: Entry, field: HeaderField): void {
  entry.field = withName(entry.name, field);
  entry.counts = true;
}

function withName(name: Uint8Array, field: HeaderField): HeaderField {
  return sameBytes(name, field.nameBytes) ? field : HeaderField.of(name, field.rawValueBytes, true);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The models, by MTA. */
export const HEADER_MODELS: Record<MtaKind, HeaderModel> = { postfix: POSTFIX, sendmail: SENDMAIL };

/** Carries actions out on a header, as the MTA does. */
export function applyHeaderActions(
  model: HeaderModel,
  entries: Entry[],
  actions: readonly HeaderAction[],
): void {
  for (const action of actions) {
    if (action.type === "addHeader" || action.type === "insertHeader") {
      model.add(entries, action);
      continue;
    }
    changeNthField(
      model,
      entries,
      headerKey(action.field.nameBytes),
      action.index,
      action.type === "deleteHeader" ? undefined : action.field,
    );
  }
}

/**
 * Carries out `SMFIR_CHGHEADER`. Both MTAs add a field that they are to change and do not have.
 *
 * @param key the field's name, see {@linkcode headerKey}
 * @param number its number among those of that name, from 1
 * @param field what to put in its place; undefined: it is deleted
 * @returns where the field stands, or stood; undefined where there was none to delete
 */
export function changeNthField(
  model: HeaderModel,
  entries: Entry[],
  key: string,
  number: number,
  field: HeaderField | undefined,
): Entry | undefined {
  const entry = model.numbered(entries, key, number);
  if (field === undefined) {
    if (entry) model.remove(entries, entry);
    return entry;
  }
  return entry ? model.change(entries, entry, field) : model.add(entries, { type: "addHeader", field });
}

/**
 * Models how Postfix and Sendmail change a header: where an added field goes, what an index counts, what remains of a
 * deleted field. A chain follows the MTA that it talks to, so that a later filter sees what it would see as a separate
 * milter, and the message ends up the same.
 *
 * As observed in Postfix 3.7 (`cleanup_milter.c`) and Sendmail 8.17 (`milter.c`, `headers.c`).
 *
 * @module
 */

import { latin1Text } from "../protocol/text.ts";
import { HeaderField } from "./header.ts";
import type { MtaKind } from "./mta.ts";

/** A change of the header, as one packet requests it. */
export type HeaderAction =
  | { readonly type: "addHeader"; readonly field: HeaderField }
  | { readonly type: "insertHeader"; readonly index: number; readonly field: HeaderField }
  /** `index` is the field's number among those with its name, from 1. */
  | { readonly type: "changeHeader"; readonly index: number; readonly field: HeaderField }
  | { readonly type: "deleteHeader"; readonly index: number; readonly field: HeaderField };

/** An action that adds a field. */
export type Addition = Extract<HeaderAction, { readonly type: "addHeader" | "insertHeader" }>;

/** The name of a field that an MTA writes itself. */
interface OwnName {
  /** Spelled as the MTA does. */
  readonly nameBytes: Uint8Array;
  /** In lower case. */
  readonly key: string;
}

/** A place in an MTA's header. */
export class Entry {
  /** The field that the MTA sent here; undefined for fields that filters added, and for the MTA's own. */
  readonly original: HeaderField | undefined;
  /** The field here; undefined if there is none (any more), or if filters do not see it. */
  field: HeaderField | undefined;
  /** The action by which a filter added the field. */
  brought: Addition | undefined;
  /** Sendmail's `H_USER`: whether numbers count this field, even if it is deleted. */
  counts: boolean;
  readonly #named: HeaderField | OwnName;
  #key: string | undefined;

  private constructor(named: HeaderField | OwnName, original?: HeaderField, brought?: Addition) {
    this.#named = named;
    this.original = original;
    this.brought = brought;
    this.field = original ?? brought?.field;
    this.counts = this.field !== undefined;
  }

  /** Makes the place of a field that the MTA sent. */
  static of(original: HeaderField): Entry {
    return new Entry(original, original);
  }

  /** Makes the place of a field of the MTA's own. */
  static own(name: OwnName): Entry {
    return new Entry(name);
  }

  /** Makes the place of a field that a filter added. */
  static added(action: Addition): Entry {
    return new Entry(action.field, undefined, action);
  }

  /** Whether it is the MTA's own field, which filters do not see, or the place that it reserves for one. */
  get own(): boolean {
    return "key" in this.#named;
  }

  /** Its name, spelled as the MTA stores it. */
  get name(): Uint8Array {
    return this.#named.nameBytes;
  }

  /** Its name in lower case. Made when it is first asked for: most messages have many fields and few changes. */
  get key(): string {
    return this.#key ??= "key" in this.#named ? this.#named.key : headerKey(this.#named.nameBytes);
  }

  /** Whether this is its name, in lower case. */
  isNamed(key: string): boolean {
    return "key" in this.#named ? this.#named.key === key : this.#named.is(key);
  }
}

/** How an MTA handles a header. The methods change the lists in place. */
export interface HeaderModel {
  /** The header before any change. */
  start(originals: readonly HeaderField[]): Entry[];
  /** Applies `SMFIR_ADDHEADER` or `SMFIR_INSHEADER`; returns the field's place. */
  add(entries: Entry[], action: Addition): Entry;
  /** Applies `SMFIR_CHGHEADER`; returns the field's place. */
  change(entries: Entry[], entry: Entry, field: HeaderField): Entry;
  /** Applies `SMFIR_CHGHEADER` with an empty value. */
  remove(entries: Entry[], entry: Entry): void;
  /** Records that a later filter is shown the header, up to a field or all of it. */
  show(entries: Entry[], last: HeaderField | undefined): void;
  /** The field that a number of `SMFIR_CHGHEADER` means. */
  numbered(entries: readonly Entry[], key: string, number: number): Entry | undefined;
  /** The addition that puts a field at a place (an index of the list), given the length of the list. */
  additionAt(place: number, length: number, field: HeaderField): Addition;
}

/** An index beyond every header, which means the end to both MTAs. */
const AT_THE_END = 100_000;

/** A name as MTAs compare it: by its bytes, since names that are not UTF-8 could look alike as text. */
export function headerKey(name: Uint8Array): string {
  const text = latin1Text(name);
  // Names are ASCII, but for hostile ones; of those only A to Z have another case.
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase();
  return text.replace(/[A-Z]+/g, (upper) => upper.toLowerCase());
}

function ownName(spelling: string): OwnName {
  const nameBytes = new TextEncoder().encode(spelling);
  return { nameBytes, key: headerKey(nameBytes) };
}

const RECEIVED = ownName("Received");

/** Numbers count only existing fields; an index also counts the MTA's own Received. */
const POSTFIX: HeaderModel = {
  start: (originals) => [Entry.own(RECEIVED), ...originals.map(Entry.of)],
  add(entries, action) {
    const entry = Entry.added(action);
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
  numbered: (entries, key, number) => nth(entries, key, number, ({ field }) => field !== undefined),
  additionAt: (place, length, field) =>
    place === length ? { type: "addHeader", field } : { type: "insertHeader", index: place, field },
};

/**
 * The fields that `sendmail.cf` (proto.m4) declares. Their places are always before the message's own fields. Sendmail
 * writes Received, and each of the others if the message has none.
 */
const SENDMAIL_OWN: readonly OwnName[] = [
  "Return-Path",
  "Received",
  "Resent-Date",
  "Date",
  "Resent-From",
  "From",
  "Full-Name",
  "Resent-Message-Id",
  "Message-Id",
].map(ownName);

/** Names that can occur several times in a header (`H_TRACE`): an empty place of these is not filled again. */
const TRACE: ReadonlySet<string> = new Set(["received", "x400-received", "via", "mail-from"]);

/**
 * A deleted field keeps its place permanently, and its number until a later filter is shown the header. An added field
 * fills an empty place with its name and without a number; otherwise it goes before the first with its name, even if that
 * is deleted or the MTA's own. An index counts all places. A changed field keeps its spelling.
 */
const SENDMAIL: HeaderModel = {
  start: (originals) => [...SENDMAIL_OWN.map(Entry.own), ...originals.map(Entry.of)],
  add(entries, action) {
    const entry = Entry.added(action);
    if (action.type === "insertHeader") {
      // After the place that the index names, not before it.
      entries.splice(action.index + 1, 0, entry);
      return entry;
    }
    const free = entries.find((each) => !each.counts && each.isNamed(entry.key) && !TRACE.has(entry.key));
    if (free) {
      fill(free, action.field);
      if (!free.original) free.brought ??= action;
      return free;
    }
    const first = entries.findIndex((each) => each.isNamed(entry.key));
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
  numbered: (entries, key, number) => nth(entries, key, number, ({ counts }) => counts),
  additionAt: (place, length, field) =>
    // No index leads above the first place, but an added field goes before the first with its name.
    place === 0
      ? { type: "addHeader", field }
      : { type: "insertHeader", index: place === length ? AT_THE_END : place - 1, field },
};

function fill(entry: Entry, field: HeaderField): void {
  entry.field = withName(entry.name, field);
  entry.counts = true;
}

/** A loop, since with thousands of fields each number makes one. */
function nth(
  entries: readonly Entry[],
  key: string,
  number: number,
  counts: (entry: Entry) => boolean,
): Entry | undefined {
  let left = number;
  for (const entry of entries) {
    if (entry.isNamed(key) && counts(entry) && --left === 0) return entry;
  }
  return undefined;
}

function withName(name: Uint8Array, field: HeaderField): HeaderField {
  return sameBytes(name, field.nameBytes) ? field : HeaderField.of(name, field.rawValueBytes, true);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The models, by MTA. */
export const HEADER_MODELS: Record<MtaKind, HeaderModel> = { postfix: POSTFIX, sendmail: SENDMAIL };

/** Applies actions to a header as the MTA does. */
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
 * Applies `SMFIR_CHGHEADER`. If there is no field to change, both MTAs add it.
 *
 * @param key the field's name, see {@linkcode headerKey}
 * @param number its number among those with that name, from 1
 * @param field the new field; undefined: delete it
 * @returns the field's place, even if it is deleted; undefined if there was none to delete
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

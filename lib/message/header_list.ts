/**
 * The header of a message on its way through several filters. It keeps the identity of each field, so that at the end the
 * MTA can be told what changed.
 *
 * @module
 */

import type { HeaderAddress } from "../mime/addresses.ts";
import type { HeaderField } from "./header.ts";
import {
  type Addition,
  changeNthField,
  type Entry,
  HEADER_MODELS,
  headerKey,
  type HeaderModel,
} from "./header_model.ts";
import type { MtaKind } from "./mta.ts";

/** A change to the header that a filter requests at end of message. */
export type HeaderChange =
  | Addition
  /** A field is added right before or after another one. */
  | {
    readonly type: "placeHeader";
    readonly side: "before" | "after";
    readonly of: HeaderField;
    readonly field: HeaderField;
  }
  | { readonly type: "changeHeader"; readonly of: HeaderField; readonly field: HeaderField }
  | { readonly type: "deleteHeader"; readonly of: HeaderField }
  /**
   * The field is identified by its name and its number among the fields of that name, as the MTA counts; without a new
   * field, it is deleted.
   */
  | {
    readonly type: "numberedHeader";
    readonly name: Uint8Array;
    readonly number: number;
    readonly field: HeaderField | undefined;
  };

/** The header of a message as filters see it: the fields in order. */
export interface Headers extends Iterable<HeaderField> {
  /** How many fields there are. */
  readonly length: number;
  /** The first field with a name, in any case. */
  get(name: string): HeaderField | undefined;
  /** All fields with a name, in any case, in order. */
  all(name: string): HeaderField[];
  /** The decoded text of the first field with a name, in any case; undefined if there is none. See `HeaderField.text`. */
  text(name: string): string | undefined;
  /** The addresses of all fields with a name, in any case, in order. See `HeaderField.addresses`. */
  addresses(name: string): HeaderAddress[];
  /**
   * Whether a field arrived with the message, even if a filter has changed it since; false for one that a filter of
   * this chain added.
   */
  arrived(field: HeaderField): boolean;
}

/**
 * The header, first as the MTA sent it, then after each filter's changes.
 *
 * Changes are applied in the order in which they were requested, one filter's at a time, so that a filter's view does
 * not change while it makes requests.
 */
export class HeaderList implements Headers {
  /** The fields as the MTA has them, in order. */
  readonly originals: HeaderField[] = [];
  /** How the MTA keeps them. */
  readonly model: HeaderModel;
  #brought: Set<Entry> | undefined;
  /** The places of deleted MTA fields that now hold fields added by filters: Sendmail reuses them. */
  #refilled: Set<Entry> | undefined;
  /** Whether anything was deleted, so that added fields may end up in other places. */
  anyDeleted = false;
  #entries: Entry[] | undefined;

  /** @param mta the MTA to behave like */
  constructor(mta: MtaKind) {
    this.model = HEADER_MODELS[mta];
  }

  /** Appends a field that the MTA sent. */
  push(field: HeaderField): void {
    this.originals.push(field);
  }

  /** The fields that filters added, in order, including those that were deleted again. */
  get brought(): Iterable<Entry> {
    return this.#brought ?? [];
  }

  /** The MTA's header with all changes so far; undefined if nothing was changed. */
  get entries(): readonly Entry[] | undefined {
    return this.#entries;
  }

  get length(): number {
    let length = 0;
    for (const _ of this) length++;
    return length;
  }

  *[Symbol.iterator](): IterableIterator<HeaderField> {
    if (this.#entries === undefined) yield* this.originals;
    else for (const { field } of this.#entries) if (field !== undefined) yield field;
  }

  get(name: string): HeaderField | undefined {
    for (const field of this) if (field.is(name)) return field;
    return undefined;
  }

  all(name: string): HeaderField[] {
    return [...this].filter((field) => field.is(name));
  }

  text(name: string): string | undefined {
    return this.get(name)?.text;
  }

  addresses(name: string): HeaderAddress[] {
    return this.all(name).flatMap((field) => field.addresses);
  }

  arrived(field: HeaderField): boolean {
    if (this.#entries === undefined) return true;
    return this.#entries.some((entry) =>
      entry.field === field && entry.original !== undefined && !this.#refilled?.has(entry)
    );
  }

  /**
   * Records that a later filter is shown the header.
   *
   * @param last the last field that it was shown; undefined: all
   */
  show(last?: HeaderField): void {
    if (this.#entries) this.model.show(this.#entries, last);
  }

  /**
   * Applies one filter's changes as the MTA would. A change of a deleted field adds it again, where the MTA puts it.
   */
  apply(changes: readonly HeaderChange[]): void {
    if (changes.length === 0) return;
    const { model } = this;
    const entries = this.#entries ??= model.start(this.originals);
    const byHandle = new Map<HeaderField, Entry>();
    if (changes.some((change) => "of" in change)) {
      for (const entry of entries) if (entry.field) byHandle.set(entry.field, entry);
    }
    for (const change of changes) {
      if (change.type === "addHeader" || change.type === "insertHeader") {
        this.#brings(this.#added(entries, change));
        continue;
      }
      if (change.type === "numberedHeader") {
        this.#changeNth(entries, headerKey(change.name), change.number, change.field);
        continue;
      }
      const entry = byHandle.get(change.of);
      if (change.type === "placeHeader") {
        this.#brings(this.#added(entries, this.#placed(entries, entry, change)));
      } else if (change.type === "deleteHeader") {
        if (!entry) continue;
        model.remove(entries, entry);
        this.anyDeleted = true;
      } else {
        if (entry?.original && entry.field === undefined) this.#refills(entry);
        const now = entry
          ? model.change(entries, entry, change.field)
          : this.#added(entries, { type: "addHeader", field: change.field });
        byHandle.set(change.of, now);
        this.#brings(now);
      }
    }
  }

  /** The addition that puts a field beside an entry, or at the end if the MTA's list lacks that entry. */
  #placed(
    entries: readonly Entry[],
    beside: Entry | undefined,
    { side, field }: { readonly side: "before" | "after"; readonly field: HeaderField },
  ): Addition {
    const at = beside ? entries.indexOf(beside) : -1;
    const place = at < 0 ? entries.length : side === "before" ? at : at + 1;
    return this.model.additionAt(place, entries.length, field);
  }

  #changeNth(entries: Entry[], key: string, number: number, field: HeaderField | undefined): void {
    const deleted = field && entries.filter((each) => each.key === key && each.field === undefined);
    const entry = changeNthField(this.model, entries, key, number, field);
    if (entry?.original && deleted?.includes(entry)) this.#refills(entry);
    if (entry && field) this.#brings(entry);
    else if (entry) this.anyDeleted = true;
  }

  #added(entries: Entry[], addition: Addition): Entry {
    const entry = this.model.add(entries, addition);
    if (entry.original) this.#refills(entry);
    return entry;
  }

  #refills(entry: Entry): void {
    (this.#refilled ??= new Set()).add(entry);
  }

  #brings(entry: Entry): void {
    if (entry.brought) (this.#brought ??= new Set()).add(entry);
  }
}

/**
 * The header of a message on its way through several filters, each field with its identity, so that at the end the
 * MTA can be told what became of which.
 *
 * @module
 */

import type { HeaderField } from "./header.ts";

/** A change of the header that a filter asks for at end of message. */
export type HeaderChange =
  | { readonly type: "addHeader"; readonly field: HeaderField }
  | { readonly type: "insertHeader"; readonly index: number; readonly field: HeaderField }
  | { readonly type: "changeHeader"; readonly of: HeaderField; readonly field: HeaderField }
  | { readonly type: "deleteHeader"; readonly of: HeaderField };

/** A field with where it came from. */
export interface Entry {
  /** The field as it stands now. */
  readonly field: HeaderField;
  /** The MTA's field that this one is or has come from; undefined for one that a filter brought. */
  readonly original: HeaderField | undefined;
  /** Brought by a filter to stand above the field that the MTA itself put on top (its own Received). */
  readonly onTop: boolean;
  /** Brought by an insert: its place was asked for by number, even where it is the last. */
  readonly inserted: boolean;
}

const NEW = { original: undefined, onTop: false, inserted: false } as const;

/** What filters see of a message's header: the fields in order. */
export interface Headers extends Iterable<HeaderField> {
  /** How many fields there are. */
  readonly length: number;
  /** The first field of a name, in any spelling. */
  get(name: string): HeaderField | undefined;
  /** All fields of a name, in order. */
  all(name: string): HeaderField[];
}

/**
 * The header, first as the MTA sent it, then after each filter's changes.
 *
 * Changes are applied in the order in which they were asked for, a list at a time, so that a filter's view stays as it
 * was while it asks.
 */
export class HeaderList implements Headers {
  /** The fields as the MTA has them, in order. */
  readonly originals: HeaderField[] = [];
  #entries: Entry[] | undefined;

  /** Appends a field that the MTA sent. */
  push(field: HeaderField): void {
    this.originals.push(field);
  }

  /** Whether any change was applied. */
  get changed(): boolean {
    return this.#entries !== undefined;
  }

  /** The fields as they stand now, with where they came from. */
  get entries(): readonly Entry[] {
    return this.#entries ??
      this.originals.map((field) => ({ field, original: field, onTop: false, inserted: false }));
  }

  get length(): number {
    return this.#entries?.length ?? this.originals.length;
  }

  *[Symbol.iterator](): IterableIterator<HeaderField> {
    if (this.#entries === undefined) yield* this.originals;
    else for (const { field } of this.#entries) yield field;
  }

  get(name: string): HeaderField | undefined {
    for (const field of this) if (field.is(name)) return field;
    return undefined;
  }

  all(name: string): HeaderField[] {
    return [...this].filter((field) => field.is(name));
  }

  /**
   * Applies one filter's changes.
   *
   * An insert's index counts the MTA's own Received, which no filter sees: 0 is above it, 1 below it, n before the
   * n-th field. A change of a field that is no longer there adds it anew, as an MTA does.
   */
  apply(changes: readonly HeaderChange[]): void {
    if (changes.length === 0) return;
    const entries = [...this.entries];
    // By handle: a field that was changed twice is found by what it was.
    const now = new Map<HeaderField, Entry>();
    const find = (handle: HeaderField): number => {
      const entry = now.get(handle);
      return entries.findIndex((e) => entry ? e === entry : e.field === handle);
    };
    let onTop = 0;
    for (const { onTop: top } of entries) if (top) onTop++;
    for (const change of changes) {
      switch (change.type) {
        case "addHeader":
          entries.push({ ...NEW, field: change.field });
          break;
        case "insertHeader": {
          const above = change.index === 0;
          // Fields above the MTA's own stand before it in its numbering.
          const at = above ? 0 : Math.min(Math.max(change.index - 1, onTop), entries.length);
          entries.splice(at, 0, { ...NEW, field: change.field, onTop: above, inserted: true });
          if (above) onTop++;
          break;
        }
        case "changeHeader": {
          const at = find(change.of);
          const entry: Entry = { ...(entries[at] ?? NEW), field: change.field };
          if (at < 0) entries.push(entry);
          else entries[at] = entry;
          now.set(change.of, entry);
          break;
        }
        case "deleteHeader": {
          const at = find(change.of);
          if (at < 0) break;
          if (entries[at].onTop) onTop--;
          entries.splice(at, 1);
          break;
        }
      }
    }
    this.#entries = entries;
  }
}

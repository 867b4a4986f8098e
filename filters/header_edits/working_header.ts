/**
 * A message's header while the rules work on it.
 *
 * @module
 */

import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import { foldHeader, LONGEST_LINE, MAX_DELIVERED_FIELD, shortenHeader } from "../../lib/message/fold.ts";
import type { HeaderField } from "../../lib/message/header.ts";
import { latin1Text, toBytes, utf8Text } from "../../lib/message/text.ts";
import type { Named, NameMatcher } from "./header_name.ts";

/** A field after the rules so far. */
export interface WorkingField extends Named {
  /** Its name, one character per byte. */
  name: string;
  /** Its value. */
  value: Uint8Array;
  /** Whether a rule wrote the whole value, so that it may be folded and, if necessary, shortened. */
  made: boolean;
}

/** A field that the rules made. */
class MadeField implements WorkingField {
  name: string;
  value: Uint8Array;
  readonly made = true;

  constructor(name: string, value: Uint8Array) {
    this.name = name;
    this.value = value;
  }

  is(name: string): boolean {
    return this.name.toLowerCase() === name.toLowerCase();
  }
}

/** A field that the message had. Its bytes are read only when a rule looks at it: most fields are never looked at. */
export class OwnField implements WorkingField {
  /** As the message has it. */
  readonly original: HeaderField;
  made = false;
  #originalName: string | undefined;
  #newName: string | undefined;
  #newValue: Uint8Array | undefined;

  /** @param original the field as the message has it */
  constructor(original: HeaderField) {
    this.original = original;
  }

  get name(): string {
    return this.#newName ?? (this.#originalName ??= latin1Text(this.original.nameBytes));
  }

  set name(name: string) {
    this.#newName = name;
  }

  is(name: string): boolean {
    return this.#newName === undefined
      ? this.original.is(name)
      : this.#newName.toLowerCase() === name.toLowerCase();
  }

  get value(): Uint8Array {
    return this.#newValue ?? this.original.valueBytes;
  }

  set value(value: Uint8Array) {
    this.#newValue = value;
  }

  /** Whether rules gave it another name. */
  get isRenamed(): boolean {
    return this.#newName !== undefined && this.#newName !== latin1Text(this.original.nameBytes);
  }

  /** Whether rules gave it another value. */
  get isChanged(): boolean {
    return this.#newValue !== undefined && !sameBytes(this.#newValue, this.original.valueBytes);
  }

  /** Whether rules made it so large that it cannot be delivered whole. */
  get isTooLarge(): boolean {
    if (this.#newName === undefined && this.#newValue === undefined) return false;
    const { nameBytes, valueBytes } = this.original;
    const size = this.name.length + this.value.length;
    return size > MAX_DELIVERED_FIELD && size > nameBytes.length + valueBytes.length;
  }
}

/**
 * A copy of a header that rules change in turn; the changes are sent to the MTA once, at the end.
 *
 * Fields are in three zones, from the top: inserted ones, those of the message, added ones. Those of the message are
 * read only when a rule looks at them.
 */
export class WorkingHeader {
  readonly #message: EndOfMessage;
  readonly #inserted: WorkingField[] = [];
  #kept: OwnField[] | undefined;
  readonly #added: WorkingField[] = [];
  /** Those that are removed. */
  readonly #gone = new Set<WorkingField>();
  /** Fields that go right before one of the message. */
  readonly #placed: { readonly field: WorkingField; readonly before: HeaderField }[] = [];

  /** @param message the message, whose header is read only if a rule looks at it */
  constructor(message: EndOfMessage) {
    this.#message = message;
  }

  /** The fields whose name matches, from the top. The caller may change their name and value. */
  matching(matches: NameMatcher): WorkingField[] {
    return [...this.#inserted, ...this.#fields(), ...this.#added]
      .filter((field) => !this.#gone.has(field) && matches(field));
  }

  /** Puts a field at the top. */
  insert(name: string, value: string): void {
    this.#inserted.unshift(new MadeField(name, toBytes(value)));
  }

  /** Puts a field at the end. */
  add(name: string, value: string): void {
    this.#added.push(new MadeField(name, toBytes(value)));
  }

  /** The fields of the message itself, from the top. */
  get own(): readonly OwnField[] {
    return this.#left(this.#fields());
  }

  /** Puts a field directly before one of the message; rules do not see it. */
  place(before: OwnField, name: string, value: Uint8Array): void {
    this.#placed.push({ field: new MadeField(name, value), before: before.original });
  }

  /** Removes fields. */
  remove(fields: readonly WorkingField[]): void {
    for (const field of fields) this.#gone.add(field);
  }

  /**
   * Requests all changes from the MTA.
   *
   * @param remark called for each value that was shortened
   * @returns the name of a field of the message that the rules made larger than any MTA delivers, if there is one; then no
   * change is requested
   */
  commit(remark: (text: string) => void): string | undefined {
    const message = this.#message;
    const kept = this.#kept && this.#left(this.#kept);
    for (const field of kept ?? []) {
      if (field.isChanged) settle(field, remark);
      if (field.isTooLarge) return field.name;
    }
    const [inserted, added] = [this.#left(this.#inserted), this.#left(this.#added)];
    for (const field of [...inserted, ...added]) settle(field, remark);
    for (const { field, before } of this.#placed) {
      settle(field, remark);
      message.addHeader(field.name, field.value, { before });
    }
    if (kept) this.#commitKept(kept);
    for (const { name, value } of inserted.toReversed()) message.insertHeader(0, name, value);
    for (const { name, value } of added) message.addHeader(name, value);
    return undefined;
  }

  #left<F extends WorkingField>(fields: readonly F[]): F[] {
    return fields.filter((field) => !this.#gone.has(field));
  }

  #commitKept(kept: readonly OwnField[]): void {
    const message = this.#message;
    for (const field of this.#fields()) if (this.#gone.has(field)) message.deleteHeader(field.original);
    for (const field of kept) {
      if (field.isRenamed) {
        // MTAs cannot change a name, so another field takes its place.
        message.addHeader(field.name, field.value, { before: field.original });
        message.deleteHeader(field.original);
      } else if (field.isChanged) {
        message.changeHeader(field.original, field.value);
      }
    }
  }

  #fields(): OwnField[] {
    return this.#kept ??= Array.from(this.#message.headers, (original) => new OwnField(original));
  }
}

/** Folds a value, and shortens one that a rule wrote. In a value of the sender, lines that every MTA delivers stay. */
function settle(field: WorkingField, remark: (text: string) => void): void {
  const { name, made } = field;
  const text = utf8Text(field.value);
  const folded = toBytes(foldHeader(name, text, made ? undefined : LONGEST_LINE));
  if (made) {
    field.value = toBytes(shortenHeader(name, utf8Text(folded)));
    if (field.value.length < folded.length) {
      remark(`${name} shortened from ${folded.length} to ${field.value.length} bytes`);
    }
  } else if (name.length + folded.length <= MAX_DELIVERED_FIELD) {
    field.value = folded;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

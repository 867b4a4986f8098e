/**
 * A message's header while the rules work on it.
 *
 * @module
 */

import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import { foldHeader, LONGEST_LINE, MAX_DELIVERED_FIELD, shortenHeader } from "../../lib/message/fold.ts";
import type { HeaderField } from "../../lib/message/header.ts";
import { latin1Text, toBytes, utf8Text } from "../../lib/message/text.ts";
import type { NameMatcher } from "./header_name.ts";

/** A field after the rules so far. */
export interface WorkingField {
  /** Its name, one character per byte. */
  name: string;
  /** Its value. */
  value: Uint8Array;
  /** Whether a rule wrote the whole value, so that it may be folded and, if necessary, shortened. */
  made: boolean;
}

/** A field that the message had. */
export interface OwnField extends WorkingField {
  /** As the message has it. */
  readonly original: HeaderField;
  /** Its name there. */
  readonly originalName: string;
}

/**
 * A copy of a header that rules change one after the other; the changes are sent to the MTA once, at the end.
 *
 * Fields are in three zones, from the top: inserted ones, those of the message, added ones. Those of the message are read
 * only when a rule looks at them.
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
      .filter((field) => !this.#gone.has(field) && matches(field.name));
  }

  /** Puts a field at the top. */
  insert(name: string, value: string): void {
    this.#inserted.unshift({ name, value: toBytes(value), made: true });
  }

  /** Puts a field at the end. */
  add(name: string, value: string): void {
    this.#added.push({ name, value: toBytes(value), made: true });
  }

  /** The fields of the message itself, from the top. */
  get own(): readonly OwnField[] {
    return this.#left(this.#fields());
  }

  /** Puts a field right before one of the message, where rules do not look at it. */
  place(before: OwnField, name: string, value: Uint8Array): void {
    this.#placed.push({ field: { name, value, made: true }, before: before.original });
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
      if (isChanged(field)) settle(field, remark);
      if (isTooLarge(field)) return field.name;
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
    const left = new Set(kept.map(({ original }) => original));
    for (const field of message.headers) if (!left.has(field)) message.deleteHeader(field);
    for (const field of kept) {
      if (field.name !== field.originalName) {
        // MTAs cannot change a name, so another field takes its place.
        message.addHeader(field.name, field.value, { before: field.original });
        message.deleteHeader(field.original);
      } else if (isChanged(field)) {
        message.changeHeader(field.original, field.value);
      }
    }
  }

  #fields(): OwnField[] {
    return this.#kept ??= Array.from(this.#message.headers, (original) => {
      const name = latin1Text(original.nameBytes);
      return { name, value: original.valueBytes, made: false, original, originalName: name };
    });
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

function isChanged({ value, original }: OwnField): boolean {
  return !sameBytes(value, original.valueBytes);
}

/** Whether rules made a field so large that it cannot be delivered whole. */
function isTooLarge({ name, value, original, originalName }: OwnField): boolean {
  const size = name.length + value.length;
  return size > MAX_DELIVERED_FIELD && size > originalName.length + original.valueBytes.length;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/**
 * A message's header while the rules work on it.
 *
 * @module
 */

import type { EndOfMessage } from "../../lib/filter/end_of_message.ts";
import type { HeaderField } from "../../lib/message/header.ts";
import type { Headers } from "../../lib/message/header_list.ts";
import { latin1Text, toBytes } from "../../lib/message/text.ts";
import type { NameMatcher } from "./header_name.ts";

/** A field as it stands after the rules so far. */
export interface WorkingField {
  /** Its name, a character a byte. */
  name: string;
  /** Its value. */
  value: Uint8Array;
}

/** A field that the message had. */
interface KeptField extends WorkingField {
  readonly original: HeaderField;
  readonly originalName: string;
}

/**
 * A copy of a header that rules change one after the other; what became of it is told to the MTA once, at the end.
 *
 * Fields are in three zones, from the top: inserted ones, those of the message, added ones. The message's own are read
 * only when a rule looks at them.
 */
export class WorkingHeader {
  readonly #headers: Headers;
  readonly #inserted: WorkingField[] = [];
  #kept: KeptField[] | undefined;
  readonly #added: WorkingField[] = [];

  /** @param headers the header as the message has it */
  constructor(headers: Headers) {
    this.#headers = headers;
  }

  /** The fields whose name matches, from the top. Their name and value may be changed. */
  matching(matches: NameMatcher): WorkingField[] {
    return [...this.#inserted, ...this.#message(), ...this.#added].filter(({ name }) => matches(name));
  }

  /** Puts a field on top. */
  insert(name: string, value: string): void {
    this.#inserted.unshift({ name, value: toBytes(value) });
  }

  /** Puts a field at the end. */
  add(name: string, value: string): void {
    this.#added.push({ name, value: toBytes(value) });
  }

  /** Takes fields out. */
  remove(fields: readonly WorkingField[]): void {
    const gone = new Set(fields);
    for (const zone of [this.#inserted, this.#message(), this.#added]) {
      zone.splice(0, zone.length, ...zone.filter((field) => !gone.has(field)));
    }
  }

  /** Asks the MTA for all that changed. */
  commit(message: EndOfMessage): void {
    const renamed = this.#kept ? this.#commitKept(message, this.#kept) : [];
    for (const { name, value } of this.#inserted.toReversed()) message.insertHeader(0, name, value);
    // From the top, so that each index counts fields that are in their places.
    for (const [position, { name, value }] of renamed) {
      // Index 1 is the first place below the MTA's own Received, which no filter sees.
      message.insertHeader(this.#inserted.length + position + 1, name, value);
    }
    for (const { name, value } of this.#added) message.addHeader(name, value);
  }

  /** @returns the fields with a new name, which an MTA cannot change, and their places among the kept ones */
  #commitKept(message: EndOfMessage, kept: readonly KeptField[]): [position: number, field: KeptField][] {
    const left = new Set(kept.map(({ original }) => original));
    for (const field of this.#headers) if (!left.has(field)) message.deleteHeader(field);
    const renamed: [number, KeptField][] = [];
    for (const [position, field] of kept.entries()) {
      if (field.name !== field.originalName) {
        message.deleteHeader(field.original);
        renamed.push([position, field]);
      } else if (!sameBytes(field.value, field.original.valueBytes)) {
        message.changeHeader(field.original, field.value);
      }
    }
    return renamed;
  }

  #message(): KeptField[] {
    return this.#kept ??= Array.from(this.#headers, (original) => {
      const name = latin1Text(original.nameBytes);
      return { name, value: original.valueBytes, original, originalName: name };
    });
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

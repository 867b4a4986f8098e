/**
 * The header of a part: its fields, with positions.
 *
 * @module
 */

import { utf8Text } from "../../protocol/text.ts";
import { type HeaderAddress, parseAddresses } from "../addresses.ts";
import { fieldText } from "../field_text.ts";

/** A header field as bytes: of a part, or of the message as an MTA sent it. */
export interface FieldBytes {
  /** The bytes of the name. */
  readonly nameBytes: Uint8Array;
  /** The bytes of the value, without one leading space. */
  readonly valueBytes: Uint8Array;
}

/** A header field of a part. Text is decoded only when it is read. */
export class PartField implements FieldBytes {
  /** The bytes of the name. Do not write to them. */
  readonly nameBytes: Uint8Array;
  /** The bytes of the value, without one leading space; lines are still folded. Do not write to them. */
  readonly valueBytes: Uint8Array;
  /**
   * Where the field starts; undefined if the header was given separately. See {@linkcode PartInfo} for what positions
   * refer to.
   */
  readonly start: number | undefined;
  /** Where it ends, after its line end. */
  readonly end: number | undefined;
  #text: string | undefined;

  /**
   * @param bytes name and value; not copied
   * @param start where the field starts
   * @param end where it ends
   */
  constructor({ nameBytes, valueBytes }: FieldBytes, start?: number, end?: number) {
    this.nameBytes = nameBytes;
    this.valueBytes = valueBytes;
    this.start = start;
    this.end = end;
  }

  /** The name, spelled as in the message. */
  get name(): string {
    return utf8Text(this.nameBytes);
  }

  /** The value as it was sent, without one leading space; LF between folded lines. */
  get value(): string {
    return utf8Text(this.valueBytes).replaceAll("\r\n", "\n");
  }

  /** The value as people read it: encoded words decoded, on one line. */
  get text(): string {
    return this.#text ??= fieldText(this.valueBytes);
  }

  /** The addresses of the field, in order, as `parseAddresses` reads them. */
  get addresses(): readonly HeaderAddress[] {
    return parseAddresses(this.valueBytes);
  }

  /** Whether the field has this name, in any case. */
  is(name: string): boolean {
    return name.length === this.nameBytes.length && this.name.toLowerCase() === name.toLowerCase();
  }
}

/** The header of a part: its fields in order. */
export class PartHeaders implements Iterable<PartField> {
  readonly #fields: readonly PartField[];

  /** @param fields the fields in order */
  constructor(fields: readonly PartField[]) {
    this.#fields = fields;
  }

  /** Makes the header from fields that were read elsewhere. */
  static of(fields: Iterable<FieldBytes>): PartHeaders {
    return new PartHeaders(Array.from(fields, (field) => new PartField(field)));
  }

  /** How many fields there are. */
  get length(): number {
    return this.#fields.length;
  }

  /** The fields in order. */
  [Symbol.iterator](): IterableIterator<PartField> {
    return this.#fields[Symbol.iterator]();
  }

  /** The first field with a name, in any case. */
  get(name: string): PartField | undefined {
    return this.#fields.find((field) => field.is(name));
  }

  /** All fields with a name, in any case, in order. */
  all(name: string): PartField[] {
    return this.#fields.filter((field) => field.is(name));
  }

  /** The decoded text of the first field with a name, in any case. */
  text(name: string): string | undefined {
    return this.get(name)?.text;
  }

  /** The addresses of all fields with a name, in any case, in order. */
  addresses(name: string): HeaderAddress[] {
    return this.all(name).flatMap((field) => field.addresses);
  }
}

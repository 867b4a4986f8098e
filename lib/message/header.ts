/**
 * A header field, kept as the bytes that the MTA sent.
 *
 * @module
 */

import { type HeaderAddress, parseAddresses } from "../mime/addresses.ts";
import { fieldText } from "../mime/field_text.ts";
import { toBytes, utf8Slice } from "../protocol/text.ts";

const SPACE = 0x20;

/**
 * A header field. At end of message, it is also the handle to change or delete the field.
 *
 * Text is decoded only when it is read. `text` is what people read. `name` and `value` read the bytes as UTF-8; a byte that is not UTF-8 becomes a lone
 * surrogate (0xE9 is U+DCE9), and that byte again when the text is sent. `nameBytes` and `valueBytes` are shared with other
 * filters: do not write to them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { HeaderField } from "./header.ts";
 *
 * const field = HeaderField.of("Subject", "hello");
 * assert.equal(field.name, "Subject");
 * assert.equal(field.value, "hello");
 * assert.equal(HeaderField.of("Subject", "=?utf-8?Q?Gr=C3=BC=C3=9Fe?=").text, "Grüße");
 * assert.ok(field.is("SUBJECT"));
 * ```
 */
export class HeaderField {
  readonly #bytes: Uint8Array;
  readonly #nameStart: number;
  /** Name and value are separated by one byte of any value: the NUL of the packet. */
  readonly #nameEnd: number;
  /** Below 0 until it has been searched for. */
  #foundEnd: number;
  /** Whether the value is exactly as in the message, with its leading space. */
  readonly #verbatim: boolean;
  #name: string | undefined;
  #value: string | undefined;
  #text: string | undefined;
  #addresses: readonly HeaderAddress[] | undefined;

  /**
   * @param bytes contains name and value, with one byte between them; not copied, so it must not be modified
   * @param nameStart where the name begins
   * @param nameEnd where it ends
   * @param valueEnd where the value ends; -1: at its NUL, which is searched for when the value is first read
   * @param verbatim whether the value is exactly as in the message (`SMFIP_HDR_LEADSPC`), rather than without one
   * leading space
   */
  constructor(
    bytes: Uint8Array,
    nameStart: number,
    nameEnd: number,
    valueEnd: number,
    verbatim: boolean,
  ) {
    this.#bytes = bytes;
    this.#nameStart = nameStart;
    this.#nameEnd = nameEnd;
    this.#foundEnd = valueEnd;
    this.#verbatim = verbatim;
  }

  /**
   * Makes a field from a name and a value.
   *
   * @param name the name
   * @param value the value
   * @param verbatim whether the value is exactly as in the message, with its leading space; otherwise one is added
   */
  static of(name: string | Uint8Array, value: string | Uint8Array, verbatim = false): HeaderField {
    const nameBytes = toBytes(name);
    const valueBytes = toBytes(value);
    const bytes = new Uint8Array(nameBytes.length + 1 + valueBytes.length);
    bytes.set(nameBytes);
    bytes.set(valueBytes, nameBytes.length + 1);
    return new HeaderField(bytes, 0, nameBytes.length, bytes.length, verbatim);
  }

  /** Where the value begins, behind one leading space. */
  get #valueStart(): number {
    const start = this.#nameEnd + 1;
    return this.#verbatim && this.#bytes[start] === SPACE && start < this.#valueEnd ? start + 1 : start;
  }

  get #valueEnd(): number {
    if (this.#foundEnd < 0) this.#foundEnd = this.#bytes.indexOf(0, this.#nameEnd + 1);
    return this.#foundEnd;
  }

  /** The name, spelled as in the message. */
  get name(): string {
    return this.#name ??= utf8Slice(this.#bytes, this.#nameStart, this.#nameEnd);
  }

  /** The value, without one leading space; LF between folded lines. */
  get value(): string {
    return this.#value ??= utf8Slice(this.#bytes, this.#valueStart, this.#valueEnd);
  }

  /**
   * The value as people read it, on one line: unfolded, with encoded words decoded (RFC 2047), and without control
   * characters and white space at either end. Bytes that are neither ASCII nor UTF-8 are windows-1252.
   *
   * Compare this, and not `value`, with what mail programs show: a sender can write `lottery` as
   * `=?utf-8?B?bG90dGVyeQ==?=`. To read addresses, use `addresses`: a name may contain anything, including what looks
   * like an address.
   */
  get text(): string {
    return this.#text ??= fieldText(this.valueBytes);
  }

  /** The addresses of the field, in order, as `parseAddresses` of `milterkit/mime` reads them. */
  get addresses(): readonly HeaderAddress[] {
    return this.#addresses ??= parseAddresses(this.valueBytes);
  }

  /** The bytes of the name. */
  get nameBytes(): Uint8Array {
    return this.#bytes.subarray(this.#nameStart, this.#nameEnd);
  }

  /** The bytes of the value, without one leading space. */
  get valueBytes(): Uint8Array {
    return this.#bytes.subarray(this.#valueStart, this.#valueEnd);
  }

  /**
   * Every byte after the colon, with the leading space, as DKIM's `simple` canonicalization hashes it. An MTA that does not
   * offer `SMFIP_HDR_LEADSPC` does not send leading space; then one space is assumed.
   */
  get rawValueBytes(): Uint8Array {
    const value = this.#bytes.subarray(this.#nameEnd + 1, this.#valueEnd);
    if (this.#verbatim) return value;
    const raw = new Uint8Array(value.length + 1);
    raw[0] = SPACE;
    raw.set(value, 1);
    return raw;
  }

  /**
   * The size of the field in the message, in bytes: name, colon, value and CRLF, with LF between folded lines counted
   * as CRLF.
   */
  get size(): number {
    const end = this.#valueEnd;
    const raw = end - (this.#nameEnd + 1) + (this.#verbatim ? 0 : 1);
    let folds = 0;
    for (let at = this.#bytes.indexOf(0x0a, this.#nameEnd + 1); at >= 0 && at < end;) {
      if (this.#bytes[at - 1] !== 0x0d) folds++;
      at = this.#bytes.indexOf(0x0a, at + 1);
    }
    return this.#nameEnd - this.#nameStart + 1 + raw + folds + 2;
  }

  /** Whether the field has this name, in any case. */
  is(name: string): boolean {
    if (name.length !== this.#nameEnd - this.#nameStart) return false;
    for (let i = 0, at = this.#nameStart; i < name.length; i++, at++) {
      if (lower(name.charCodeAt(i)) !== lower(this.#bytes[at])) return false;
    }
    return true;
  }
}

function lower(letter: number | undefined): number | undefined {
  return letter !== undefined && letter >= 0x41 && letter <= 0x5a ? letter | 0x20 : letter;
}

/**
 * Selects the header fields that a signature covers (RFC 6376 sections 3.7 and 5.4.2).
 *
 * @module
 */
import { CR, latin1, LF, trimFws } from "../bytes.ts";
import { canonicalizeHeader } from "./canonicalization.ts";
import type { Canonicalization, Signature } from "./signature.ts";

/** The name of a field in lower case, without white space at its ends. */
export function fieldKey(name: Uint8Array): string {
  return trimFws(latin1(name)).toLowerCase();
}

/** A header field with its own copy of the bytes. */
export class SignableField {
  /** In lower case, without white space at the end. */
  readonly key: string;
  readonly #name: Uint8Array;
  readonly #value: Uint8Array;
  #simple: Uint8Array | undefined;
  #relaxed: Uint8Array | undefined;

  /**
   * Copies both parts: the caller's buffers may be overwritten afterwards.
   *
   * @param key what {@link fieldKey} gives, if it is known
   */
  constructor(name: Uint8Array, value: Uint8Array, key: string = fieldKey(name)) {
    const copy = new Uint8Array(name.length + value.length);
    copy.set(name);
    copy.set(value, name.length);
    this.#name = copy.subarray(0, name.length);
    this.#value = copy.subarray(name.length);
    this.key = key;
  }

  /** The name as it is written, without white space at the end. */
  get nameText(): string {
    return trimFws(latin1(this.#name));
  }

  /** The value, one character per byte. */
  get valueText(): string {
    return latin1(this.#value);
  }

  /** The canonical form without the final CRLF; computed once. */
  canonical(form: Canonicalization): Uint8Array {
    if (form === "simple") return this.#simple ??= canonicalizeHeader(form, this.#name, this.#value);
    return this.#relaxed ??= canonicalizeHeader(form, this.#name, this.#value);
  }

  /** The canonical form of the field with the bytes of its value from `start` to `end` left out. */
  canonicalWithout(form: Canonicalization, start: number, end: number): Uint8Array {
    const value = new Uint8Array(this.#value.length - (end - start));
    value.set(this.#value.subarray(0, start));
    value.set(this.#value.subarray(end), start);
    return canonicalizeHeader(form, this.#name, value);
  }
}

/** What decides which bytes of a header are signed. */
export type HeaderCoverage = Pick<
  Signature,
  "headerCanonicalization" | "headerNames" | "signatureStart" | "signatureEnd"
>;

/** The part of a header that a signature covers. */
export interface SignedHeader {
  /** Joins the bytes that are signed; only when needed, since until then the signatures share the fields. */
  readonly bytes: () => Uint8Array;
  /** A name of {@link ONCE_ONLY} of which the signature covers a field, but not all; undefined if there is none. */
  readonly uncovered: string | undefined;
}

/**
 * Fields that occur once in a message (RFC 5322 section 3.6) and that mail programs show. RFC 6376 section 8.15: if another
 * one is added above the signed one, mail programs show that, while the signature remains valid.
 */
export const ONCE_ONLY: readonly string[] = ["from", "sender", "reply-to", "to", "cc", "subject", "date"];

/** The fields of a header by name. */
export class HeaderIndex {
  readonly #byKey = new Map<string, SignableField[]>();

  /** @param fields all fields, from the first to the last */
  constructor(fields: readonly SignableField[]) {
    for (const field of fields) {
      const same = this.#byKey.get(field.key);
      if (same === undefined) this.#byKey.set(field.key, [field]);
      else same.push(field);
    }
  }

  /**
   * The bytes that `signature` signs: for each name of h= the last field with that name that is not taken yet, if there is
   * one; then the signature's own field, with an empty b= and without the final CRLF.
   *
   * @param own the field that contains the signature; h= never takes it
   */
  signedHeader(signature: HeaderCoverage, own: SignableField): SignedHeader {
    const form = signature.headerCanonicalization;
    const parts: Uint8Array[] = [];
    let length = 0;
    const next = new Map<string, number>();
    for (const name of signature.headerNames) {
      const fields = this.#byKey.get(name);
      if (fields === undefined) continue;
      let index = next.get(name) ?? fields.length - 1;
      if (fields[index] === own) index--;
      const field = fields[index];
      if (field === undefined) continue;
      const part = field.canonical(form);
      parts.push(part);
      length += part.length + 2;
      next.set(name, index - 1);
    }
    const last = own.canonicalWithout(form, signature.signatureStart, signature.signatureEnd);
    return {
      bytes: () => joinFields(parts, last, length + last.length),
      uncovered: ONCE_ONLY.find((name) => (next.get(name) ?? -1) >= 0),
    };
  }
}

/** The fields with CRLF after each except the last. */
function joinFields(fields: readonly Uint8Array[], last: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const field of fields) {
    bytes.set(field, at);
    at += field.length;
    bytes[at++] = CR;
    bytes[at++] = LF;
  }
  bytes.set(last, at);
  return bytes;
}

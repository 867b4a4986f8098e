/**
 * The message at its end: the one moment at which it can be changed.
 *
 * @module
 */

import type { EnvelopeChange } from "../message/envelope.ts";
import { HeaderField } from "../message/header.ts";
import { isHeaderName } from "../message/header_name.ts";
import type { HeaderChange, Headers } from "../message/header_list.ts";
import type { MtaKind } from "../message/mta.ts";
import type { Modification } from "../protocol/mta_session.ts";
import { toBytes } from "../protocol/text.ts";
import {
  checkedArgs,
  checkedBytes,
  checkedReason,
  checkHandle,
  filledPath,
  fitting,
  headerValue,
  InvalidChangeError,
  MAX_FIELD,
  path,
} from "./change_values.ts";
import type { Change } from "./filter_terms.ts";

export { InvalidChangeError };

/** What the MTAs begin a continued line of a header value with where the filter put no white space. */
const TAB = 0x09;
const SPACE = 0x20;

/**
 * The method that takes a change as a milter asked an MTA for it, for the filter that hands such changes on. Names that no
 * field should have and addresses that nobody can have go through: what comes of them is up to the MTA, which takes them
 * from milters of its own too. A line end begins nothing new: in a name it is folded, as both MTAs do, and an address with
 * one is refused.
 */
export const AS_ASKED: unique symbol = Symbol("as a milter asked");

/** All that one filter asked for at the end of one message. */
export class ChangeSet {
  /** Of the header, in order. */
  readonly header: HeaderChange[] = [];
  /** Of the envelope, in order. */
  readonly envelope: EnvelopeChange[] = [];
  /** The new body, in pieces; undefined where it stays. */
  body: Uint8Array[] | undefined;
  /** Why the message is to be held; undefined where it is not. */
  quarantine: string | undefined;

  /** Whether nothing was asked for. */
  get empty(): boolean {
    return this.header.length === 0 && this.envelope.length === 0 && this.body === undefined &&
      this.quarantine === undefined;
  }
}

/** Which field a new one is to stand right before, or right after. */
export type Beside =
  | { readonly before: HeaderField; readonly after?: undefined }
  | { readonly after: HeaderField; readonly before?: undefined };

/** What a filter may change at the end of a message, and how. */
export interface ChangeTerms {
  /** What it may change. */
  readonly changes: ReadonlySet<Change>;
  /** Whether header values have their leading space, or lack it. */
  readonly leadingSpace: boolean;
}

/**
 * What `eom` gets. Changes are kept until the callback is done, and dropped if it fails. Each must be declared in the
 * filter's `changes`.
 *
 * Every method throws {@linkcode InvalidChangeError} for a change that is not declared, for a name or value that cannot
 * stand in a message, and once the callback is over.
 */
export class EndOfMessage {
  /** The header as this filter sees it: with the changes of the filters before it, without its own. */
  readonly headers: Headers;
  readonly #changes: ChangeSet;
  readonly #terms: ChangeTerms;
  readonly #mta: MtaKind;
  #closed = false;

  /**
   * @param headers the header as the filter sees it
   * @param changes where its changes are put down
   * @param terms what it may change, and how
   * @param mta whose ways to follow
   */
  constructor(headers: Headers, changes: ChangeSet, terms: ChangeTerms, mta: MtaKind) {
    this.#mta = mta;
    this.headers = headers;
    this.#changes = changes;
    this.#terms = terms;
  }

  /**
   * Adds a field at the end of the header (`smfi_addheader`), or beside another field (`smfi_insheader`, with the index
   * that leads there in the MTA at hand).
   *
   * @param name printable ASCII without a colon
   * @param value CRLF and CR become LF; a line after LF that does not begin with white space gets some, as the MTA would
   * put it there. Lines are not folded: see `foldHeader`
   * @param beside the field, from `headers`, that it is to stand right before or right after; with Sendmail that counts
   * on the header fields that its own `sendmail.cf` declares
   */
  addHeader(name: string, value: string | Uint8Array, beside?: Beside): void {
    this.#may("addHeader");
    const field = this.#newField(name, value);
    if (beside === undefined) {
      this.#changes.header.push({ type: "addHeader", field });
      return;
    }
    const side = beside.before ? "before" : "after";
    const of = this.#standing(checkHandle(beside.before ?? beside.after));
    this.#changes.header.push({ type: "placeHeader", side, of, field });
  }

  /**
   * Inserts a field (`smfi_insheader`).
   *
   * @param index 0: on top; 1: below the field that the MTA itself put on top (its Received); more: counted from there,
   * which Postfix and Sendmail do differently. For a place beside a field use `addHeader`
   * @param name printable ASCII without a colon
   * @param value as with `addHeader`
   */
  insertHeader(index: number, name: string, value: string | Uint8Array): void {
    this.#may("insertHeader");
    if (!Number.isInteger(index) || index < 0 || index > 0x7fffffff) {
      throw new InvalidChangeError(index, `Cannot insert a header at ${index}: the index must be 0 or more`);
    }
    this.#changes.header.push({ type: "insertHeader", index, field: this.#newField(name, value) });
  }

  /**
   * Gives a field another value (`smfi_chgheader`).
   *
   * @param field the field, from `headers` or from the `header` callback
   * @param value as with `addHeader`; an empty one leaves the field in place, empty
   */
  changeHeader(field: HeaderField, value: string | Uint8Array): void {
    this.#may("changeHeader");
    checkHandle(field);
    const changed = this.#fieldOf(field.nameBytes, value);
    // Nothing behind the colon, not even a space, would be the packet that deletes.
    const kept = changed.rawValueBytes.length > 0 ? changed : HeaderField.of(field.nameBytes, "");
    this.#changes.header.push({ type: "changeHeader", of: field, field: kept });
  }

  /** Deletes a field (`smfi_chgheader` with an empty value). */
  deleteHeader(field: HeaderField): void {
    this.#may("deleteHeader");
    checkHandle(field);
    this.#changes.header.push({ type: "deleteHeader", of: field });
  }

  /**
   * Changes or deletes the field of a name and a number, as C filters do (`smfi_chgheader`), with changes before it in
   * this callback counted as the MTA counts them: Postfix renumbers after each deletion, Sendmail does not. Where there is
   * no such field it is added.
   *
   * @param name printable ASCII without a colon
   * @param number 1: the first of that name; 0 is taken for 1
   * @param value as with `addHeader`; an empty one deletes the field
   */
  changeHeaderNumber(name: string, number: number, value: string | Uint8Array): void {
    if (!Number.isInteger(number) || number < 0) {
      throw new InvalidChangeError(number, `Cannot change header ${name} number ${number}: want 1 or more`);
    }
    this.#changeNumber(this.#newField(name, value), number, value.length === 0);
  }

  /**
   * Sets another sender (`smfi_chgfrom`).
   *
   * @param address with or without angle brackets; empty for the null sender
   * @param args ESMTP arguments, such as `RET=HDRS`
   */
  changeFrom(address: string, args?: string): void {
    this.#may("changeFrom");
    this.#changes.envelope.push({
      type: "changeFrom",
      address: path(address),
      ...checkedArgs(args, address),
    });
  }

  /**
   * Adds a recipient (`smfi_addrcpt`, `smfi_addrcpt_par`).
   *
   * @param address with or without angle brackets
   * @param args ESMTP arguments, such as `NOTIFY=NEVER`
   */
  addRcpt(address: string, args?: string): void {
    this.#may("addRcpt");
    this.#changes.envelope.push({
      type: "addRcpt",
      address: filledPath(address),
      ...checkedArgs(args, address),
    });
  }

  /** Takes a recipient out (`smfi_delrcpt`); the address spelled as the client spelled it. */
  deleteRcpt(address: string): void {
    this.#may("deleteRcpt");
    this.#changes.envelope.push({ type: "deleteRcpt", address: filledPath(address) });
  }

  /**
   * Replaces the whole body (`smfi_replacebody`). Called again, it appends to the new body.
   *
   * @param body with CRLF line ends; copied
   */
  replaceBody(body: string | Uint8Array): void {
    this.#may("replaceBody");
    // Not `slice`, which of a Buffer is a view.
    const bytes = typeof body === "string" ? toBytes(body) : new Uint8Array(checkedBytes(body));
    (this.#changes.body ??= []).push(bytes);
  }

  /** Has the message held for a human to look at (`smfi_quarantine`). */
  quarantine(reason: string): void {
    this.#may("quarantine");
    this.#changes.quarantine = checkedReason(reason);
  }

  /** @ignore */
  [AS_ASKED](change: Modification): void {
    switch (change.type) {
      case "addHeader":
        this.#may(change.type);
        this.#changes.header.push({ type: change.type, field: this.#askedField(change) });
        break;
      case "insertHeader":
        this.#may(change.type);
        this.#changes.header.push({
          type: change.type,
          index: change.index,
          field: this.#askedField(change),
        });
        break;
      case "changeHeader":
        this.#changeNumber(this.#askedField(change), change.index, change.value.length === 0);
        break;
      case "replaceBody":
        this.replaceBody(change.chunk);
        break;
      case "quarantine":
        this.#may("quarantine");
        this.#changes.quarantine = change.reason.replace(/[\r\n]+/g, " ") || "the milter gave no reason";
        break;
      default:
        this.#may(change.type);
        for (const text of Object.values(change)) {
          if (/[\r\n]/.test(text)) {
            throw new InvalidChangeError(text, `Cannot ${change.type}: it holds a line end`);
          }
        }
        this.#changes.envelope.push(change);
    }
  }

  /** Ends the time for changes. */
  close(): void {
    this.#closed = true;
  }

  #may(change: Change): void {
    if (this.#closed) throw new InvalidChangeError(change, `Cannot ${change}: the end of message is over`);
    if (!this.#terms.changes.has(change)) {
      throw new InvalidChangeError(change, `Cannot ${change}: the filter does not declare it in its changes`);
    }
  }

  #newField(name: string, value: string | Uint8Array): HeaderField {
    if (typeof name !== "string" || !isHeaderName(name)) {
      throw new InvalidChangeError(
        name,
        `Cannot add a header named ${JSON.stringify(name)}: want printable ASCII, no colon`,
      );
    }
    return this.#fieldOf(name, value);
  }

  /** Makes sure that a field can be named as the neighbour of a new one. */
  #standing(field: HeaderField): HeaderField {
    const deleted = this.#changes.header.some((each) => each.type === "deleteHeader" && each.of === field);
    if (deleted) {
      throw new InvalidChangeError(
        field,
        `Cannot add a header beside ${field.name}: add it first, then delete that`,
      );
    }
    for (const each of this.headers) if (each === field) return field;
    throw new InvalidChangeError(field, `Cannot add a header beside ${field.name}: that is not in headers`);
  }

  #changeNumber(field: HeaderField, number: number, deletes: boolean): void {
    this.#may(deletes ? "deleteHeader" : "changeHeader");
    this.#changes.header.push({
      type: "numberedHeader",
      name: field.nameBytes,
      number: Math.max(number, 1),
      field: deletes ? undefined : field,
    });
  }

  /** A milter's field. It came in one packet, and what no longer fits one for the space before it is cut off. */
  #askedField({ name, value }: { readonly name: Uint8Array; readonly value: Uint8Array }): HeaderField {
    if (name.length === 0) throw new InvalidChangeError(name, "Cannot change a header without a name");
    const folded = headerValue(name, this.#indent);
    const fits = headerValue(value, this.#indent).subarray(0, MAX_FIELD - 1 - folded.length);
    return HeaderField.of(folded, fits, this.#terms.leadingSpace);
  }

  #fieldOf(name: string | Uint8Array, value: string | Uint8Array): HeaderField {
    return fitting(HeaderField.of(name, headerValue(value, this.#indent), this.#terms.leadingSpace));
  }

  get #indent(): number {
    return this.#mta === "postfix" ? TAB : SPACE;
  }
}

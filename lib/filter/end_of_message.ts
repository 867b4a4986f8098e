/**
 * The end of a message, the only point at which a filter can change it.
 *
 * @module
 */

import type { EnvelopeChange } from "../message/envelope.ts";
import { foldHeader } from "../message/fold.ts";
import { HeaderField } from "../message/header.ts";
import { isHeaderName } from "../message/header_name.ts";
import type { HeaderChange, Headers } from "../message/header_list.ts";
import type { KeptContent } from "../message/kept_content.ts";
import type { MtaKind } from "../message/mta.ts";
import { encodeFieldText } from "../mime/encode_field.ts";
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
import { ContentEditor, type ContentEdits } from "./content_editor.ts";
import { ContentError } from "./content_error.ts";
import type { Change } from "./filter_terms.ts";

export { InvalidChangeError };

/** How the MTAs indent a continuation line of a header value if the filter did not: Postfix by a tab, Sendmail by a space. */
const TAB = 0x09;
const SPACE = 0x20;

/**
 * Key of the method that takes a change exactly as a milter sent it, for the filter that relays such changes. It passes
 * invalid field names and addresses on to the MTA, which accepts them from its own milters too. A line end cannot start
 * a new header field: in a name it is folded, as both MTAs do, and an address with one is refused.
 */
export const AS_ASKED: unique symbol = Symbol("as a milter asked");

/** A filter that declares `readsHeader: false` has read the header. */
export class HeaderNotReadError extends Error {
  override readonly name = "HeaderNotReadError";
  /** Always `header-not-read`. */
  readonly code = "header-not-read";
  /** What the filter declares. */
  readonly value = "readsHeader: false";

  constructor() {
    super("Cannot read the header: the filter declares readsHeader: false, so the MTA need not send it");
  }
}

/** All changes that one filter requested at the end of one message. */
export class ChangeSet {
  /** Changes to the header, in order. */
  readonly header: HeaderChange[] = [];
  /** Changes to the envelope, in order. */
  readonly envelope: EnvelopeChange[] = [];
  /** The new body, in pieces; undefined if it stays. */
  body: Uint8Array[] | undefined;
  /** Why the message is to be quarantined; undefined if it is not. */
  quarantine: string | undefined;
  /** The edits of the content; undefined if it stays. */
  content: ContentEdits | undefined;

  /** Whether no change was requested. */
  get empty(): boolean {
    return this.header.length === 0 && this.envelope.length === 0 && this.body === undefined &&
      this.quarantine === undefined && this.content === undefined;
  }
}

/** The field directly before or after which a new one is placed. */
export type Beside =
  | { readonly before: HeaderField; readonly after?: undefined }
  | { readonly after: HeaderField; readonly before?: undefined };

/** What a filter may change at the end of a message, and how. */
export interface ChangeTerms {
  /** What it may change. */
  readonly changes: ReadonlySet<Change>;
  /** Whether header values include their leading space. */
  readonly leadingSpace: boolean;
  /** Whether it reads the header. */
  readonly readsHeader: boolean;
}

/**
 * The message that `eom` receives. Changes take effect when the callback succeeds, and are dropped if it fails. Each
 * kind of change must be declared in the filter's `changes`.
 *
 * Every method throws {@linkcode InvalidChangeError} for an undeclared change, for an invalid name or value, and after
 * the callback has ended.
 */
export class EndOfMessage {
  readonly #headers: Headers;
  readonly #content: ContentEditor | undefined;
  readonly #changes: ChangeSet;
  readonly #terms: ChangeTerms;
  readonly #mta: MtaKind;
  /** The fields of `headers`; undefined until a new field is placed next to one of them. */
  #shown: Set<HeaderField> | undefined;
  /** The fields that this filter deleted; undefined if there are none. */
  #deleted: Set<HeaderField> | undefined;
  #closed = false;

  /**
   * @param headers the header as the filter sees it
   * @param changes collects its changes
   * @param terms what it may change, and how
   * @param mta the MTA to behave like
   * @param content the content of the message, if the filter declares that it reads it
   */
  constructor(
    headers: Headers,
    changes: ChangeSet,
    terms: ChangeTerms,
    mta: MtaKind,
    content?: KeptContent,
  ) {
    this.#mta = mta;
    this.#content = content &&
      new ContentEditor(content, headers, () => this.#mayEdit(), () => this.#edited());
    this.#headers = headers;
    this.#changes = changes;
    this.#terms = terms;
  }

  /**
   * The header as this filter sees it: with the changes of the filters before it, but without its own.
   *
   * @throws {HeaderNotReadError} if the filter declares `readsHeader: false`
   */
  get headers(): Headers {
    // Whether the MTA sent the header depends on other filters, so it is never shown: a filter must not mistake a
    // header that was not sent for an empty one.
    if (!this.#terms.readsHeader) throw new HeaderNotReadError();
    return this.#headers;
  }

  /**
   * The content as this filter sees it: with the changes of the filters before it, but without its own. The filter must
   * declare `content: "mime"`; the content can be read until the callback ends.
   *
   * @throws {ContentError} if the filter does not declare it
   */
  get content(): ContentEditor {
    if (!this.#content) throw new ContentError("undeclared");
    return this.#content;
  }

  /**
   * Adds a field at the end of the header (`smfi_addheader`), or next to another field (`smfi_insheader`, with the
   * index that this MTA needs for that place).
   *
   * @param name printable ASCII without a colon
   * @param value CRLF and CR become LF; a continuation line that does not begin with white space is indented, as the
   * MTA would do. Lines are not folded: see `foldHeader`. Non-ASCII text is sent as UTF-8, which not every mail program
   * can read: see `encodeWords` of `milterkit/mime`, and `setText`
   * @param beside the field, from `headers`, directly before or after which the new one is placed. With Sendmail, this
   * relies on the header fields that the standard `sendmail.cf` declares
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
   * @param index 0: at the top; 1: below the MTA's own field at the top (its Received); higher indexes count from
   * there, differently in Postfix and Sendmail. To place a field next to another, use `addHeader`
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
   * Changes the value of a field (`smfi_chgheader`).
   *
   * @param field the field, from `headers` or from the `header` callback
   * @param value as with `addHeader`; an empty one keeps the field with an empty value
   */
  changeHeader(field: HeaderField, value: string | Uint8Array): void {
    this.#may("changeHeader");
    checkHandle(field);
    this.#changes.header.push({
      type: "changeHeader",
      of: field,
      field: this.#keptField(field.nameBytes, value),
    });
  }

  /**
   * Sets a field's value from readable text (`smfi_chgheader`): non-ASCII text becomes encoded words (RFC 2047), and
   * the value is folded. In From, To and other address fields, only names are encoded. The reverse of
   * `HeaderField.text`. The filter must declare the change `changeHeader`.
   *
   * @param field the field, from `headers` or from the `header` callback; or a name, for the first field with that
   * name, which is added if there is none
   * @param text the text. Line breaks and tabs become spaces, other control characters are removed; if nothing is left,
   * the field is kept with an empty value
   */
  setText(field: HeaderField | string, text: string): void {
    this.#may("changeHeader");
    if (typeof text !== "string") {
      throw new InvalidChangeError(text, `Cannot set the text of a header to ${typeof text}: want text`);
    }
    if (typeof field !== "string") {
      const { name } = checkHandle(field);
      return this.changeHeader(field, foldHeader(name, encodeFieldText(name, text)));
    }
    const value = foldHeader(field, encodeFieldText(field, text));
    const asked = this.#newField(field, value);
    // If the name were spelled differently, Postfix would change its spelling too.
    const name = this.headers.get(field)?.nameBytes ?? asked.nameBytes;
    this.#changeNumber(this.#keptField(name, value), 1, false);
  }

  /** Deletes a field (`smfi_chgheader` with an empty value). */
  deleteHeader(field: HeaderField): void {
    this.#may("deleteHeader");
    checkHandle(field);
    (this.#deleted ??= new Set()).add(field);
    this.#changes.header.push({ type: "deleteHeader", of: field });
  }

  /**
   * Changes or deletes the field with this name and number, as C filters do (`smfi_chgheader`). Earlier changes in the
   * same callback affect the numbers as they do in the MTA: Postfix renumbers after each deletion, Sendmail does not.
   * If there is no such field, it is added.
   *
   * @param name printable ASCII without a colon
   * @param number 1: the first of that name; 0 means 1
   * @param value as with `addHeader`; an empty one deletes the field
   */
  changeHeaderNumber(name: string, number: number, value: string | Uint8Array): void {
    if (!Number.isInteger(number) || number < 0) {
      throw new InvalidChangeError(number, `Cannot change header ${name} number ${number}: want 1 or more`);
    }
    this.#changeNumber(this.#newField(name, value), number, value.length === 0);
  }

  /**
   * Changes the sender (`smfi_chgfrom`).
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

  /** Removes a recipient (`smfi_delrcpt`). Pass the address as the client spelled it. */
  deleteRcpt(address: string): void {
    this.#may("deleteRcpt");
    this.#changes.envelope.push({ type: "deleteRcpt", address: filledPath(address) });
  }

  /**
   * Replaces the whole body (`smfi_replacebody`). Further calls append to the new body.
   *
   * @param body with CRLF line ends; it is copied
   */
  replaceBody(body: string | Uint8Array): void {
    this.#may("replaceBody");
    if (this.#changes.content) {
      throw new InvalidChangeError(
        "replaceBody",
        "Cannot replaceBody: the content was edited; use only one of the two",
      );
    }
    // Not `slice`: that of a Buffer is a view.
    const bytes = typeof body === "string" ? toBytes(body) : new Uint8Array(checkedBytes(body));
    (this.#changes.body ??= []).push(bytes);
  }

  /** Holds the message until someone reviews it (`smfi_quarantine`). */
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

  /** Refuses changes from now on. */
  close(): void {
    this.#closed = true;
  }

  #may(change: Change): void {
    if (this.#closed) throw new InvalidChangeError(change, `Cannot ${change}: the end of message is over`);
    if (!this.#terms.changes.has(change)) {
      throw new InvalidChangeError(change, `Cannot ${change}: the filter does not declare it in its changes`);
    }
  }

  #mayEdit(): void {
    this.#may("editContent");
    if (this.#changes.body === undefined) return;
    throw new InvalidChangeError(
      "editContent",
      "Cannot editContent: replaceBody has replaced the body; use only one of the two",
    );
  }

  /** The edits were requested while the callback ran, so they count even if it did not wait for them. */
  #edited(): void {
    // The callback may have replaced the body before the edit was planned.
    if (!this.#closed) this.#mayEdit();
    this.#changes.content = this.#content;
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

  /** Checks that a new field can be placed next to this one. */
  #standing(field: HeaderField): HeaderField {
    if (this.#deleted?.has(field)) {
      throw new InvalidChangeError(
        field,
        `Cannot add a header beside ${field.name}: add it first, then delete that`,
      );
    }
    // A sender chooses how many fields there are, and a filter may place one next to each.
    this.#shown ??= new Set(this.headers);
    if (this.#shown.has(field)) return field;
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

  /** A milter's field. It came in one packet; if it no longer fits in one with the added space, it is cut off. */
  #askedField({ name, value }: { readonly name: Uint8Array; readonly value: Uint8Array }): HeaderField {
    if (name.length === 0) throw new InvalidChangeError(name, "Cannot change a header without a name");
    const folded = headerValue(name, this.#indent);
    const fits = headerValue(value, this.#indent).subarray(0, MAX_FIELD - 1 - folded.length);
    return HeaderField.of(folded, fits, this.#terms.leadingSpace);
  }

  /** A field that is kept: if nothing followed the colon, not even a space, the packet would delete the field. */
  #keptField(name: string | Uint8Array, value: string | Uint8Array): HeaderField {
    const field = this.#fieldOf(name, value);
    return field.rawValueBytes.length > 0 ? field : HeaderField.of(name, "");
  }

  #fieldOf(name: string | Uint8Array, value: string | Uint8Array): HeaderField {
    return fitting(HeaderField.of(name, headerValue(value, this.#indent), this.#terms.leadingSpace));
  }

  get #indent(): number {
    return this.#mta === "postfix" ? TAB : SPACE;
  }
}

/**
 * Parses a message file into what an MTA passes to filters, and formats it again.
 *
 * @module
 */

import { byteAt, concatenated } from "../protocol/bytes.ts";
import { withCrlf } from "./body.ts";
import { HeaderField } from "./header.ts";
import type { MtaKind } from "./mta.ts";
import { shownHeader } from "./shown_header.ts";

const NUL = 0x00;
const TAB = 0x09;
const LF = 0x0a;
const VT = 0x0b;
const FF = 0x0c;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const GREATER = 0x3e;

const CRLF = Uint8Array.of(CR, LF);
const FROM = new TextEncoder().encode("From ");
const MAILBOX_LINE = new TextEncoder().encode("X-Mailbox-Line");

/** The longest name that Sendmail accepts. */
const MAX_SENDMAIL_NAME = 100;

/** A message in its parts. */
export interface ParsedMessage {
  /** The header, values verbatim; LF between folded lines. */
  readonly header: readonly HeaderField[];
  /** The body, with CRLF line ends. */
  readonly body: Uint8Array;
  /** Fields that the MTA removes before it calls any filter; they are not delivered either. */
  readonly hidden?: readonly HeaderField[];
}

/**
 * Parses a message into what filters are shown of it, as an MTA does when it receives the message over SMTP.
 *
 * Line ends become CRLF, including the last one. The first line that cannot be a header field begins the body, after an
 * empty line if there is one. Spaces and tabs before a field's colon (RFC 5322, 4.5) are removed. Where the MTAs
 * differ, this follows Postfix 3.7 and Sendmail 8.17:
 *
 * | | Postfix | Sendmail |
 * | --- | --- | --- |
 * | `From ` in the first line | becomes a field `X-Mailbox-Line`, as does each following line that begins so, with any number of `>` before it | removed; only one |
 * | `>From ` in the first line | the same | begins the body |
 * | `Bcc`, `Content-Length`, `Resent-Bcc`, `Return-Path` | `hidden` | shown |
 * | NUL in the header | ends the line; in a name it begins the body | removed |
 * | CR within a line, also in the body | becomes a space | stays; over SMTP such a message is rejected |
 * | a field of more than 60000 bytes | is cut | rejected, as is a header of 32 kB |
 * | a name of more than 100 bytes | is a name | begins the body |
 *
 * @param message the bytes of the file
 * @param mta the MTA to behave like
 */
export function parseMessage(message: Uint8Array, mta: MtaKind = "postfix"): ParsedMessage {
  const reader = new Reader(mta === "postfix" ? withoutStrayCr(message) : message, mta);
  const fields = reader.header();
  return { ...shownHeader(fields, mta), body: reader.body() };
}

/** Formats a parsed message as the bytes of a file. */
export function formatMessage({ header, body }: ParsedMessage): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const field of header) {
    parts.push(field.nameBytes, Uint8Array.of(COLON), withCrlf([field.rawValueBytes]), CRLF);
  }
  parts.push(CRLF, body);
  return concatenated(parts);
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #isSendmail: boolean;
  #at = 0;
  /** The beginning of the body, before the part that is still to be read. */
  #bodyStart: Uint8Array[] = [];

  constructor(bytes: Uint8Array, mta: MtaKind) {
    this.#bytes = bytes;
    this.#isSendmail = mta === "sendmail";
  }

  header(): HeaderField[] {
    const fields: HeaderField[] = this.#mailboxLines();
    while (this.#at < this.#bytes.length) {
      const start = this.#at;
      const line = this.#line();
      const nameEnd = this.#nameEnd(line);
      if (nameEnd > 0) {
        const name = line.subarray(0, nameEnd);
        const colon = line.indexOf(COLON, nameEnd);
        if (!this.#isSendmail || name.length <= MAX_SENDMAIL_NAME) {
          fields.push(HeaderField.of(name, this.#value(line.subarray(colon + 1)), true));
          continue;
        }
        // Sendmail drops the end of that line.
        this.#bodyStart.push(line);
      } else if (line.length > 0) {
        if (this.#hasNoNul(start)) this.#at = start;
        else this.#bodyStart.push(line, CRLF);
      }
      break;
    }
    return fields;
  }

  body(): Uint8Array {
    const rest = withCrlf([...this.#bodyStart, this.#bytes.subarray(this.#at)]);
    return rest.length === 0 || rest.at(-1) === LF ? rest : concatenated([rest, CRLF]);
  }

  /** The lines that mailboxes put before a message. */
  #mailboxLines(): HeaderField[] {
    const fields: HeaderField[] = [];
    while (this.#beginsMailboxLine()) {
      const line = this.#line();
      if (this.#isSendmail) break;
      fields.push(HeaderField.of(MAILBOX_LINE, line));
    }
    return fields;
  }

  #beginsMailboxLine(): boolean {
    let at = this.#at;
    if (!this.#isSendmail) { while (this.#bytes[at] === GREATER) at++; }
    return FROM.every((byte, i) => this.#bytes[at + i] === byte);
  }

  /** The rest of a field's first line, with its continuation lines. */
  #value(first: Uint8Array): Uint8Array {
    const lines = [first];
    while (this.#bytes[this.#at] === SPACE || this.#bytes[this.#at] === TAB) {
      lines.push(Uint8Array.of(LF), this.#line());
    }
    return concatenated(lines);
  }

  /** Where the field name in a line ends; 0 if the line cannot be a field. */
  #nameEnd(line: Uint8Array): number {
    let end = 0;
    while (isNameByte(line[end])) end++;
    let at = end;
    while (this.#isBeforeColon(line[at])) at++;
    return line[at] === COLON ? end : 0;
  }

  #isBeforeColon(byte: number | undefined): boolean {
    return byte === SPACE || byte === TAB || (this.#isSendmail && (byte === VT || byte === FF));
  }

  /** Whether the bytes read since `start` are unchanged; Sendmail also removes NULs from the line that begins the body. */
  #hasNoNul(start: number): boolean {
    return !this.#isSendmail || !this.#bytes.subarray(start, this.#at).includes(NUL);
  }

  /** The next line of the header, without its end. */
  #line(): Uint8Array {
    const bytes = this.#bytes;
    const lf = bytes.indexOf(LF, this.#at);
    const next = lf < 0 ? bytes.length : lf + 1;
    const end = lf > this.#at && bytes[lf - 1] === CR ? lf - 1 : lf < 0 ? next : lf;
    const line = bytes.subarray(this.#at, end);
    this.#at = next;
    return this.#isSendmail && line.includes(NUL) ? line.filter((byte) => byte !== NUL) : line;
  }
}

function isNameByte(byte: number | undefined): boolean {
  return byte !== undefined && byte > SPACE && byte < 0x7f && byte !== COLON;
}

/** CRs at the end of a line belong to the line end; others become spaces (`cleanup_replace_stray_cr_lf`, postconf(5)). */
function withoutStrayCr(message: Uint8Array): Uint8Array {
  let kept: Uint8Array | undefined;
  let length = 0;
  for (let at = message.indexOf(CR); at >= 0; at = message.indexOf(CR, at + 1)) {
    if (message[at + 1] === LF) continue;
    // Rare enough to copy everything.
    kept = new Uint8Array(message.length);
    break;
  }
  if (!kept) return message;
  for (let at = 0; at < message.length; at++) {
    if (message[at] !== CR) {
      kept[length++] = byteAt(message, at);
      continue;
    }
    let end = at;
    while (message[end] === CR) end++;
    const isLineEnd = message[end] === LF || end === message.length;
    if (!isLineEnd) {
      kept.fill(SPACE, length, length + end - at);
      length += end - at;
    }
    // Skips the whole run, so that not every CR scans the rest of it.
    at = end - 1;
  }
  return kept.subarray(0, length);
}

/**
 * Replaces the content of a part.
 *
 * @module
 */

import { toBytes } from "../../protocol/text.ts";
import type { ByteSource } from "../byte_source.ts";
import type { Part } from "../part.ts";
import { concatenated } from "../../protocol/bytes.ts";
import { encodedBytes } from "../transfer/encoders.ts";
import {
  closingLineEnd,
  type FieldChange,
  isAtLineStart,
  isHeaderApart,
  type LineEnd,
  type PartChange,
  writtenHeader,
} from "./part_change.ts";
import { isAsciiText } from "./text/encode_text.ts";
import { hasLongLine } from "./text/plain_text.ts";

/** The replacement for a part: text or bytes. */
export type Replacement =
  & {
    /** The media type, with parameters if need be. @default text/plain for text, application/octet-stream for bytes */
    readonly type?: string | undefined;
    /** The name of the file, which makes the part an attachment. @default none */
    readonly fileName?: string | undefined;
  }
  & (
    | {
      /** Text, written in UTF-8, or in ASCII if that is enough. */
      readonly text: string;
      readonly bytes?: undefined;
    }
    | {
      /** Content of any kind; not copied. */
      readonly bytes: Uint8Array;
      readonly text?: undefined;
    }
  );

/** A replacement that cannot be written into a message: a bug in the filter. */
export class InvalidReplacementError extends Error {
  override readonly name = "InvalidReplacementError";
  /** Always `invalid-replacement`. */
  readonly code = "invalid-replacement";
  /** What is wrong. */
  readonly value: unknown;

  /**
   * @param value what is wrong
   * @param reason why
   */
  constructor(value: unknown, reason: string) {
    super(`Cannot replace a part by ${JSON.stringify(value)}: ${reason}`);
    this.value = value;
  }
}

const TYPE = /^[\w!#$%&'*+.^`{|}~-]+\/[\w!#$%&'*+.^`{|}~-]+(?:[ \t]*;[\x20-\x7e]*)?$/;
/** Text with more bytes above 127 than this share is shorter in base64. */
const MOSTLY_ASCII = 1 / 6;

/**
 * Plans how a part is replaced: all header fields that describe its content are removed, others stay.
 *
 * @param part the part
 * @param replacement the new content
 * @param source the bytes that its positions refer to
 * @param lineEnd the line end of the message
 * @throws {InvalidReplacementError} for an invalid type or content
 */
export async function replacedPart(
  part: Part,
  replacement: Replacement,
  source: ByteSource,
  lineEnd: LineEnd,
): Promise<PartChange> {
  const { fields, body } = contentOf(replacement, lineEnd);
  const present = [...part.headers].map(({ name }) => name).filter((name) => /^content-/i.test(name));
  const changes: FieldChange[] = [
    ...Array.from(new Set(present.map((name) => name.toLowerCase())), (name) => ({ name, value: undefined }))
      .filter(({ name }) => !fields.some((field) => field.name.toLowerCase() === name)),
    ...(part.parent === undefined && part.headers.get("MIME-Version") === undefined
      ? [{ name: "MIME-Version", value: "1.0" }]
      : []),
    ...fields,
  ];
  const { headerStart, bodyEnd } = part.info;
  if (isHeaderApart(part)) {
    return {
      splices: [{ start: 0, end: source.size, content: concatenated([body, toBytes(lineEnd)]) }],
      fields: changes,
    };
  }
  const ending = part.parent === undefined ? toBytes(lineEnd) : closingLineEnd(part, lineEnd);
  const content = concatenated([
    toBytes(await isAtLineStart(source, headerStart) ? "" : lineEnd),
    openingLineEnd(part, lineEnd),
    writtenHeader(part, changes, lineEnd),
    body,
    ending,
  ]);
  return { splices: [{ start: headerStart, end: bodyEnd, content }], fields: [] };
}

/** The empty line that the header of the enclosing message lacks. */
function openingLineEnd({ parent }: Part, lineEnd: LineEnd): Uint8Array {
  const isLacking = parent?.isMultipart === false && parent.info.headerEnd === parent.info.bodyStart;
  return toBytes(isLacking ? lineEnd : "");
}

/** The header fields and the encoded content of a replacement. */
function contentOf(
  { type, fileName, text, bytes }: Replacement,
  lineEnd: LineEnd,
): { fields: FieldChange[]; body: Uint8Array } {
  if (type !== undefined && (!TYPE.test(type) || /^multipart\//i.test(type))) {
    throw new InvalidReplacementError(type, "want a media type other than multipart, such as text/plain");
  }
  if (text === undefined ? !(bytes instanceof Uint8Array) : typeof text !== "string") {
    throw new InvalidReplacementError(text ?? bytes, "want text or bytes");
  }
  const content = text === undefined
    ? {
      type: type ?? "application/octet-stream",
      encoding: "base64",
      body: encodedBytes(bytes, "base64", lineEnd),
    }
    : textContent(text, type ?? "text/plain", lineEnd);
  const disposition = fileName === undefined ? "inline" : `attachment; ${fileNameParameter(fileName)}`;
  const fields = [
    { name: "Content-Type", value: content.type },
    { name: "Content-Transfer-Encoding", value: content.encoding },
    { name: "Content-Disposition", value: disposition },
  ];
  return { fields, body: content.body };
}

function textContent(
  text: string,
  type: string,
  lineEnd: LineEnd,
): { type: string; encoding: string; body: Uint8Array } {
  const bytes = toBytes(text.toWellFormed().replace(/\r\n|\r|\n/g, lineEnd).replace(/[\r\n]+$/, ""));
  const isAscii = isAsciiText(text);
  const labelled = /;\s*charset=/i.test(type) ? type : `${type}; charset=${isAscii ? "us-ascii" : "utf-8"}`;
  if (isAscii && !hasLongLine(bytes)) return { type: labelled, encoding: "7bit", body: bytes };
  const high = bytes.reduce((sum, byte) => sum + (byte >> 7), 0);
  const encoding = high > bytes.length * MOSTLY_ASCII ? "base64" : "quoted-printable";
  return { type: labelled, encoding, body: encodedBytes(bytes, encoding, lineEnd) };
}

/** The parameter with the file name: as it is, or encoded per RFC 2231. */
function fileNameParameter(name: string): string {
  const clean = name.replace(/[\p{Cc}\u2028\u2029]/gu, " ").toWellFormed();
  if (isAsciiText(clean)) return `filename="${clean.replace(/["\\]/g, "\\$&")}"`;
  return `filename*=utf-8''${encodeURIComponent(clean).replace(/['()*]/g, percent)}`;
}

function percent(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
}

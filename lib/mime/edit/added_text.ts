/**
 * Adds text to one part, in its charset and encoding if they can carry it.
 *
 * @module
 */

import { toBytes } from "../../protocol/text.ts";
import type { ByteSource } from "../byte_source.ts";
import type { Part } from "../part.ts";
import { encodedBytes } from "../transfer/encoders.ts";
import type { TextAddition } from "./text_addition.ts";
import { type Insertion, partText, rewritten } from "./content_rewrite.ts";
import type { EditRefusal } from "./edit_result.ts";
import { encodedPlace } from "./encoded_place.ts";
import { fits, insertionOf } from "./insertion.ts";
import { withParameter } from "./parameter.ts";
import {
  changedHeader,
  closingLineEnd,
  type FieldChange,
  isAtLineStart,
  isHeaderApart,
  type LineEnd,
  type PartChange,
  writtenHeader,
} from "./part_change.ts";
import type { Splice } from "./splice.ts";
import { type Reading, readingFor } from "./reading.ts";

/**
 * The maximum length of white space at the end of a line with what may precede it in quoted-printable; no line is
 * longer.
 */
const LONGEST_TAIL = 1000;

/**
 * Plans how text is added to a part. If the part's charset and encoding can represent the text, bytes are only
 * inserted. Otherwise the part is rewritten: in its charset if that has all characters, else in UTF-8; in base64 if it
 * was in base64, else in quoted-printable.
 *
 * @param part a part of type text/plain or text/html
 * @param source the bytes that its positions refer to
 * @param additions all texts to add to it
 * @param lineEnd the line end of the message
 * @returns what to change, or why it cannot be changed
 */
export async function addedText(
  part: Part,
  source: ByteSource,
  additions: readonly TextAddition[],
  lineEnd: LineEnd,
): Promise<PartChange | EditRefusal> {
  const { encoding } = part.info.content;
  if (encoding === "uuencode" || part.problems.some(({ code }) => code === "unknown-encoding")) {
    return "encoding";
  }
  const reading = await readingFor(part, source, additions);
  if (reading === undefined) return "charset";
  const insertions = additions.map((addition) => insertionOf(addition, part, reading, lineEnd))
    .sort((a, b) => a.place - b.place);
  const isSeparate = await hasEmptyLine(part, source);
  const isInsertable = reading.from === undefined && isSeparate &&
    (encoding === "quoted-printable" ||
      (encoding === "identity" && insertions.every((each) => fits(each, part))));
  if (!isInsertable) return writtenAnew(part, source, reading, insertions, lineEnd, isSeparate);
  const splices = await Promise.all(
    insertions.map((insertion) => insertedAt(part, source, reading, insertion, lineEnd)),
  );
  const header = changedHeader(part, charsetFields(part, reading), lineEnd);
  return { splices: [...header.splices, ...splices], fields: header.fields };
}

/** A part whose header is not ended by an empty line cannot get another field or text. */
async function hasEmptyLine(part: Part, source: ByteSource): Promise<boolean> {
  if (isHeaderApart(part)) return true;
  const { headerEnd, bodyStart } = part.info;
  return headerEnd < bodyStart && await isAtLineStart(source, bodyStart);
}

async function insertedAt(
  part: Part,
  source: ByteSource,
  { scan }: Reading,
  { place, bytes }: Insertion,
  lineEnd: LineEnd,
): Promise<Splice> {
  const { bodyStart, bodyEnd, content } = part.info;
  const isLast = place === scan.size;
  const isEncoded = content.encoding === "quoted-printable";
  const at = isLast
    ? bodyEnd
    : bodyStart + (isEncoded ? await encodedPlace(source.read(bodyStart, bodyEnd), place) : place);
  const pieces = [isEncoded ? encodedBytes(bytes, "quoted-printable", lineEnd) : bytes];
  if (isLast) {
    // A soft line break at the end would swallow the next line end.
    if (isEncoded && await endsSoftly(source, bodyStart, bodyEnd)) pieces.unshift(toBytes(lineEnd));
    pieces.push(closingLineEnd(part, lineEnd));
  }
  return { start: at, end: at, content: () => pieces };
}

async function endsSoftly(source: ByteSource, start: number, end: number): Promise<boolean> {
  let tail = "";
  for await (const piece of source.read(Math.max(start, end - LONGEST_TAIL), end)) {
    tail += String.fromCharCode(...piece);
  }
  return tail.trimEnd().endsWith("=") && !/[\r\n]/.test(tail.slice(tail.lastIndexOf("=")));
}

function writtenAnew(
  part: Part,
  source: ByteSource,
  reading: Reading,
  insertions: readonly Insertion[],
  lineEnd: LineEnd,
  isSeparate: boolean,
): PartChange {
  const { headerStart, bodyStart, bodyEnd, content } = part.info;
  const encoding = content.encoding === "base64" ? "base64" : "quoted-printable";
  const fields = [
    ...charsetFields(part, reading),
    ...(encoding === content.encoding ? [] : [{ name: "Content-Transfer-Encoding", value: encoding }]),
  ];
  const body = () => rewritten(partText(part, source, reading.from), insertions, encoding, lineEnd);
  // A message ends with a line end; base64 is written without.
  const isUnended = part.parent === undefined && encoding === "base64";
  const closing = isUnended ? toBytes(lineEnd) : closingLineEnd(part, lineEnd);
  if (isSeparate) {
    const header = changedHeader(part, fields, lineEnd);
    const splice = { start: bodyStart, end: bodyEnd, content: () => inTurn([], body(), closing) };
    return { splices: [...header.splices, splice], fields: header.fields };
  }
  const header = writtenHeader(part, fields, lineEnd);
  return {
    splices: [{ start: headerStart, end: bodyEnd, content: () => inTurn([header], body(), closing) }],
    fields: [],
  };
}

async function* inTurn(
  first: readonly Uint8Array[],
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  last: Uint8Array,
): AsyncGenerator<Uint8Array, void> {
  yield* first;
  yield* pieces;
  if (last.length > 0) yield last;
}

/** The field changes that declare a part as UTF-8. */
function charsetFields(part: Part, { isRelabelled }: Reading): FieldChange[] {
  if (!isRelabelled) return [];
  const value = part.headers.get("Content-Type")?.value;
  const isUsable = value !== undefined && value.toLowerCase().includes(part.type);
  const fields = [{
    name: "Content-Type",
    value: withParameter(isUsable ? value : part.type, "charset", "utf-8"),
  }];
  if (part.info.index === 0 && value === undefined) fields.unshift({ name: "MIME-Version", value: "1.0" });
  return fields;
}

/**
 * Converts a text to add to the form that a part needs.
 *
 * @module
 */

import { toBytes } from "../../protocol/text.ts";
import type { Part } from "../part.ts";
import type { TextAddition } from "./text_addition.ts";
import type { Insertion } from "./content_rewrite.ts";
import type { LineEnd } from "./part_change.ts";
import type { Reading } from "./reading.ts";
import { TO_ASCII } from "./text/ascii_mask.ts";
import { encodeText } from "./text/encode_text.ts";
import { asciiHtml, fixedLines, hasLongLine, htmlOf, linesOf } from "./text/plain_text.ts";
import type { TextScan } from "./text/text_scan.ts";

/**
 * Returns what to insert into a part for an addition.
 *
 * @param addition the text
 * @param part the part
 * @param reading how its text is read
 * @param lineEnd the line end of the message
 */
export function insertionOf(
  addition: TextAddition,
  part: Part,
  reading: Reading,
  lineEnd: LineEnd,
): Insertion {
  const { at = "end" } = addition;
  const { scan, name, label } = reading;
  const place = scan.places[at];
  if (part.type === "text/html") {
    const html = `${place > 0 ? lineEnd : ""}${htmlLines(addition).join(lineEnd)}${lineEnd}`;
    const bytes = carriesEightBits(part) ? encodeText(html, name, label) : undefined;
    return { place, bytes: unshifted(scan, place, bytes ?? toBytes(asciiHtml(html))) };
  }
  const text = plainText(addition, part, scan, lineEnd);
  return { place, bytes: unshifted(scan, place, encodeText(text, name, label) ?? toBytes(text)) };
}

/** Whether an insertion can be put into unencoded content. */
export function fits({ bytes }: Insertion, part: Part): boolean {
  return (carriesEightBits(part) || bytes.every((byte) => byte < 0x80)) && !hasLongLine(bytes);
}

/** Whether content of a part may have bytes above 127, encoded or not. */
function carriesEightBits({ info, headers }: Part): boolean {
  if (info.content.encoding !== "identity") return true;
  return /^\s*["']?(?:8bit|binary)\b/i.test(headers.get("Content-Transfer-Encoding")?.value ?? "");
}

function htmlLines({ text, html }: TextAddition): string[] {
  return linesOf(html ?? htmlOf(text));
}

function plainText(
  { text, at = "end" }: TextAddition,
  part: Part,
  { size, places, endsLine, endsBlank }: TextScan,
  lineEnd: LineEnd,
): string {
  const isFlowed = part.parameters.get("format")?.toLowerCase() === "flowed";
  const lines = isFlowed ? fixedLines(linesOf(text)) : linesOf(text);
  const isEmpty = size === places.top;
  if (at === "top") return lines.join(lineEnd) + lineEnd + (isEmpty ? "" : lineEnd);
  const before = (endsLine ? "" : lineEnd) + (endsBlank ? "" : lineEnd);
  const isLineEnded = part.parent === undefined || (endsLine && !isEmpty);
  return before + lines.join(lineEnd) + (isLineEnded ? lineEnd : "");
}

/** After shifted characters of ISO-2022-JP, the insertion begins with the escape sequence back to ASCII. */
function unshifted({ size, endsShifted }: TextScan, place: number, bytes: Uint8Array): Uint8Array {
  if (!endsShifted || place < size) return bytes;
  const all = new Uint8Array(TO_ASCII.length + bytes.length);
  all.set(TO_ASCII);
  all.set(bytes, TO_ASCII.length);
  return all;
}

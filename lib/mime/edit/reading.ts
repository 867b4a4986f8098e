/**
 * Decides how the text of a part is read, so that something can be added to it.
 *
 * @module
 */

import type { ByteSource } from "../byte_source.ts";
import type { Part } from "../part.ts";
import type { TextAddition } from "./text_addition.ts";
import { charsetOf } from "./charset_of.ts";
import { partText } from "./content_rewrite.ts";
import { encodeText } from "./text/encode_text.ts";
import { scanText, type TextScan } from "./text/text_scan.ts";

/** How the text of a part is read. */
export interface Reading {
  /** What is known of the text, as it is written then. */
  readonly scan: TextScan;
  /** The charset that it is decoded from, which makes it UTF-8; undefined: its bytes stay. */
  readonly from: string | undefined;
  /** Whether the part says that it is in UTF-8 then, and did not before. */
  readonly isRelabelled: boolean;
  /** The charset that is written, by its name in the Encoding Standard; undefined: one that has ASCII's characters. */
  readonly name: string | undefined;
  /** What the message calls that charset. */
  readonly label: string;
}

const UTF8 = { name: "utf-8", label: "utf-8", isRelabelled: true } as const;

/**
 * Decides how a part is read: its bytes stay if its charset has all characters of what is added. HTML has them all, as
 * character references.
 *
 * @returns undefined if its charset cannot be known
 */
export async function readingFor(
  part: Part,
  source: ByteSource,
  additions: readonly TextAddition[],
): Promise<Reading | undefined> {
  const { label, name, form } = charsetOf(part);
  if (form === "unreadable") return undefined;
  const isHtml = part.type === "text/html";
  const scanFrom = (from: string | undefined) =>
    scanText(partText(part, source, from), { isHtml, isShifted: form === "shifted" && from === undefined });
  if (form === "wide") return { ...UTF8, from: name, scan: await scanFrom(name) };
  const scan = await scanFrom(undefined);
  if (isHtml || additions.every(({ text }) => encodeText(text, name, label))) {
    return { name, label, isRelabelled: false, from: undefined, scan };
  }
  // All that is there may be UTF-8 already.
  if (form === "ascii" && (scan.isAscii || (name === undefined && scan.isUtf8))) {
    return { ...UTF8, from: undefined, scan };
  }
  return name === undefined ? undefined : { ...UTF8, from: name, scan: await scanFrom(name) };
}

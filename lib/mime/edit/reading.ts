/**
 * Decides how the text of a part is read, so that something can be added to it.
 *
 * @module
 */

import type { ByteSource } from "../byte_source.ts";
import type { Part } from "../part.ts";
import type { TextAddition } from "./text_addition.ts";
import { charsetOf } from "./charset_of.ts";
import { partText, UndecodableTextError } from "./content_rewrite.ts";
import { encodeText } from "./text/encode_text.ts";
import { scanText, type TextScan } from "./text/text_scan.ts";

/** How the text of a part is read. */
export interface Reading {
  /** What is known about the text, as it will be written. */
  readonly scan: TextScan;
  /** The charset to convert from, to UTF-8; undefined: its bytes stay. */
  readonly from: string | undefined;
  /** Whether the part must newly be declared as UTF-8. */
  readonly isRelabelled: boolean;
  /** The charset that is written, by its name in the Encoding Standard; undefined: one that includes ASCII. */
  readonly name: string | undefined;
  /** The label of that charset in the message. */
  readonly label: string;
}

const UTF8 = { name: "utf-8", label: "utf-8", isRelabelled: true } as const;

/**
 * Decides how a part is read: its bytes stay if its charset has all characters of the added text. HTML has them all, as
 * character references.
 *
 * @returns undefined if its charset cannot be known, or if its text would have to be converted and is not in the
 * declared charset
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
  const decodedFrom = async (from: string | undefined): Promise<Reading | undefined> => {
    try {
      return { ...UTF8, from, scan: await scanFrom(from) };
    } catch (error) {
      if (error instanceof UndecodableTextError) return undefined;
      throw error;
    }
  };
  if (form === "wide") return await decodedFrom(name);
  const scan = await scanFrom(undefined);
  if (isHtml || additions.every(({ text }) => encodeText(text, name, label))) {
    return { name, label, isRelabelled: false, from: undefined, scan };
  }
  // The existing text may be UTF-8 already.
  if (form === "ascii" && (scan.isAscii || (name === undefined && scan.isUtf8))) {
    return { ...UTF8, from: undefined, scan };
  }
  return name === undefined ? undefined : await decodedFrom(name);
}

/**
 * What can be done with the text of a part, by the charset that it names.
 *
 * @module
 */

import { charsetName } from "../charset.ts";
import type { Part } from "../part.ts";

/** The charsets that share bytes with ASCII but not their meaning, and that no runtime decodes piece by piece. */
const UNREADABLE = /^(?:(?:unicode-1-1-)?utf-?7|utf-?32|ucs-?4|iso-10646-ucs|iso-2022-(?:kr|cn)|hz)/;

/** The charset of a text. */
export interface TextCharset {
  /** What the message calls it, in lower case; empty if it does not say. */
  readonly label: string;
  /** Its name in the Encoding Standard; undefined if it is not there, or says no more than ASCII. */
  readonly name: string | undefined;
  /**
   * `ascii`: it has ASCII's bytes, and they mean the same. `shifted`: only between escape sequences (ISO-2022-JP). `wide`: it
   * has none (UTF-16). `unreadable`: none that can be kept or turned into UTF-8 here (UTF-7 and its like).
   */
  readonly form: "ascii" | "shifted" | "wide" | "unreadable";
}

/** The charset of a part. */
export function charsetOf(part: Part): TextCharset {
  const label = (part.parameters.get("charset") ?? "").trim().toLowerCase();
  const name = charsetName(label);
  return { label, name, form: formOf(label, name) };
}

function formOf(label: string, name: string | undefined): TextCharset["form"] {
  if (name === "iso-2022-jp") return "shifted";
  if (name?.startsWith("utf-16")) return "wide";
  return UNREADABLE.test(label) ? "unreadable" : "ascii";
}

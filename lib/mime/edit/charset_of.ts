/**
 * Classifies the charset of a text part by how its text can be edited.
 *
 * @module
 */

import { charsetName } from "../charset.ts";
import type { Part } from "../part.ts";

/** Charsets that use ASCII's bytes with other meanings, and that no runtime decodes incrementally. */
const UNREADABLE = /^(?:(?:unicode-1-1-)?utf-?7|utf-?32|ucs-?4|iso-10646-ucs|iso-2022-(?:kr|cn)|hz)/;

/** The charset of a text. */
export interface TextCharset {
  /** Its label in the message, in lower case; empty if there is none. */
  readonly label: string;
  /** Its name in the Encoding Standard; undefined if it is not there, or if it only means ASCII. */
  readonly name: string | undefined;
  /**
   * `ascii`: ASCII's bytes have their ASCII meaning. `shifted`: they do only outside of shifted sequences
   * (ISO-2022-JP). `wide`: it has no such bytes (UTF-16). `unreadable`: it can neither be kept nor converted to UTF-8
   * here (UTF-7 and the like).
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

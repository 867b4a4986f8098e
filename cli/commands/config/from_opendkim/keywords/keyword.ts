/**
 * What a keyword of `opendkim.conf` is.
 *
 * @module
 */

/** What becomes of a setting. */
export type Fate =
  /** It is converted: `to` says into what, for the table of the documentation. */
  | { readonly kind: "converted"; readonly to: string }
  /** It has no counterpart, and which mail is signed by what does not depend on it: `text` says what to do instead. */
  | { readonly kind: "note"; readonly text: string }
  /** It decides which mail is signed by what, and cannot be converted: `text` says what to do instead. */
  | { readonly kind: "refused"; readonly text: string };

/** How its value is written. A data set is text, too: a list, or the name of a table. */
export type ValueType = "boolean" | "integer" | "string";

/** A keyword. */
export interface Keyword {
  /** As OpenDKIM's manual writes it. */
  readonly name: string;
  /** How its value is written. */
  readonly type: ValueType;
  /** What becomes of it. */
  readonly fate: Fate;
}

/** Makes a keyword that is converted. */
export function taken(name: string, type: ValueType, to: string): Keyword {
  return { name, type, fate: { kind: "converted", to } };
}

/** Makes a keyword that only gets a note. */
export function noted(name: string, type: ValueType, text: string): Keyword {
  return { name, type, fate: { kind: "note", text } };
}

/** Makes a keyword with which nothing is converted. */
export function refused(name: string, type: ValueType, text: string): Keyword {
  return { name, type, fate: { kind: "refused", text } };
}

/**
 * Converts entries to and from their values on the server, see `scripts.ts`.
 *
 * @module
 */

import type { StateEntry } from "../backend.ts";
import type { EntryKind } from "../checks.ts";

/** The letters of entries. */
const KINDS: Readonly<Record<string, EntryKind>> = { t: "text", j: "text", s: "sighting", r: "rate" };

/** The kind of an entry, by its value or its letter; undefined if another program has made it. */
export function kindOf(value: string): EntryKind | undefined {
  return KINDS[value.charAt(0)];
}

/** The value of a text. UTF-8 cannot represent lone surrogates, so a text with one is stored as JSON. */
export function valueOf(text: string): string {
  return text.isWellFormed() ? `t${text}` : `j${JSON.stringify(text)}`;
}

/** The text in the value of a text entry. */
export function textIn(value: string): string {
  return value.startsWith("j") ? JSON.parse(value.slice(1)) : value.slice(1);
}

/**
 * Reads an entry.
 *
 * @param key its key, without our prefix
 * @param value what the server has
 * @param life its remaining lifetime, in milliseconds; negative if it is gone
 * @param now the server's time, in milliseconds since 1970
 * @returns undefined if it is gone, or another program has made it
 */
export function entryOf(
  key: string,
  value: string | null,
  life: number,
  now: number,
): StateEntry | undefined {
  if (value === null || life < 0) return undefined;
  const ageOf = (since: number) => Math.max(0, Math.floor(now - since));
  if (kindOf(value) === "text") return { key, life, kind: "text", text: textIn(value) };
  const [kind, first, second] = /^([sr])(\S+)(?: (\S+))?$/.exec(value)?.slice(1) ?? [];
  if (kind === "s") return { key, life, kind: "sighting", age: ageOf(Number(first)) };
  if (kind === "r") return { key, life, kind: "rate", level: Number(first), age: ageOf(Number(second)) };
  return undefined;
}

/** Makes a pattern for SCAN from a prefix of keys. */
export function patternOf(prefix: string): string {
  return `${prefix.replace(/[\\*?[\]^]/g, "\\$&")}*`;
}

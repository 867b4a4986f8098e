/**
 * Writes the entries of a state as lines of JSON.
 *
 * @module
 */

import type { StateEntry } from "../../../lib/store/backend.ts";
import { keyParts } from "../../../lib/store/namespace.ts";
import { terminalSafeJson } from "../../terminal/terminal_safe_json.ts";

/** An entry as it is exported. Times are in milliseconds, and relative, so that they hold at any other time. */
export interface ExportedEntry {
  /** The filter's name, or its label; undefined if the key is none of a filter. */
  readonly filter?: string;
  /** The name of the filter's store. */
  readonly store?: string;
  /** The key; its hash if it is hashed. */
  readonly key: string;
  /** Whether the key is hashed. */
  readonly hashed?: true;
  /** What it is: a text, when it was first seen, or what is left of a rate. */
  readonly kind: StateEntry["kind"];
  /** The text. */
  readonly text?: string;
  /** What the bucket of a rate held. */
  readonly level?: number;
  /** How long ago that was, or it was first seen. */
  readonly age?: number;
  /** How long it is still kept. */
  readonly life: number;
}

/** An entry with the parts of its key. */
export function exportedEntry({ key: full, life, ...entry }: StateEntry): ExportedEntry {
  const parts = keyParts(full);
  const { kind, ...rest } = entry;
  if (parts === undefined) return { key: full, kind, ...rest, life };
  const { filter, name, key, hashed } = parts;
  return { filter, store: name, key, ...(hashed ? { hashed } : {}), kind, ...rest, life };
}

/** An entry as a line of JSON, including the newline. */
export function entryLine(entry: ExportedEntry): string {
  return `${terminalSafeJson(entry)}\n`;
}

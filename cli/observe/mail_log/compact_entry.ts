/**
 * Encodes what the mail log keeps: entries without lists that are empty, which most are.
 *
 * @module
 */

import { wellFormedJson } from "../../terminal/terminal_safe_json.ts";
import type { EntryFailure, FilterPart, FilterVerdict, LogLine, MailEntry } from "./entry.ts";

/** A value, or none. */
type Loose<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** What one filter did; a list that is missing is empty. */
export interface CompactPart {
  readonly name: string;
  readonly milliseconds: number | undefined;
  readonly dryRun: true | undefined;
  verdicts: Loose<FilterVerdict>[] | undefined;
  changes: string[] | undefined;
  remarks: string[] | undefined;
  errors: EntryFailure[] | undefined;
}

/** An entry. What is missing is empty, 0, or a message; `at` is in milliseconds since 1970. */
export interface CompactEntry extends Loose<Omit<MailEntry, "id" | "at" | "outcome" | "event" | "filters">> {
  readonly id: string;
  readonly at: number;
  readonly outcome: MailEntry["outcome"];
  readonly event: string;
  readonly filters?: readonly CompactPart[] | undefined;
}

/** Encodes a record. Bytes that are not UTF-8 become Latin-1 characters, so that any program can read and search them. */
export function encodeRecord(record: CompactEntry | LogLine): string {
  const json = JSON.stringify(record);
  // Characters stay as they are: a search looks for them in what is encoded.
  return json.includes("\\ud") ? JSON.stringify(JSON.parse(wellFormedJson(json))) : json;
}

/** Decodes an entry. */
export function decodeEntry(text: string): MailEntry {
  const { id, at, ...entry }: CompactEntry = JSON.parse(text);
  const whole = {
    id,
    at: new Date(at).toISOString(),
    of: "message",
    ...entry,
    recipients: entry.recipients ?? [],
    moreRecipients: entry.moreRecipients ?? 0,
    refused: entry.refused ?? [],
    moreRefused: entry.moreRefused ?? 0,
    labels: entry.labels ?? [],
    results: entry.results ?? [],
    filters: entry.filters?.map(decodePart) ?? [],
    lines: entry.lines ?? [],
  };
  return whole as MailEntry;
}

function decodePart(part: CompactPart): FilterPart {
  const { verdicts = [], changes = [], remarks = [], errors = [] } = part;
  return { ...part, verdicts, changes, remarks, errors } as FilterPart;
}

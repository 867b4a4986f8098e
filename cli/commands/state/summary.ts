/**
 * Sums up a state: what keeps it, how large it is, and what each filter has in it.
 *
 * @module
 */

import type { StateBackend, StateInfo } from "../../../lib/store/backend.ts";
import { keyParts } from "../../../lib/store/namespace.ts";
import { escapeControlCharacters } from "../../terminal/control_characters.ts";

/** How many entries a filter has in one of its stores. */
export interface StoreCount {
  /** The filter's name, or its label. */
  readonly filter: string;
  /** The name of its store. */
  readonly store: string;
  /** The number of entries whose time is not over. */
  readonly entries: number;
}

/** What there is to say of a state. */
export interface StateSummary extends StateInfo {
  /** What filters have in it, in the order of their names. */
  readonly stores: readonly StoreCount[];
}

/** Measures a state and counts its entries, one by one. */
export async function stateSummary(state: StateBackend): Promise<StateSummary> {
  const counts = new Map<string, StoreCount>();
  for await (const { key } of state.entries()) {
    const parts = keyParts(key);
    if (parts === undefined) continue;
    const { filter, name } = parts;
    const id = `${filter}\0${name}`;
    counts.set(id, { filter, store: name, entries: (counts.get(id)?.entries ?? 0) + 1 });
  }
  const stores = [...counts].sort(([a], [b]) => a < b ? -1 : 1).map(([, count]) => count);
  return { ...await state.info(), stores };
}

/** Who answered, in words. */
const ANSWERED_BY = { service: "a service uses it", file: "no service uses it", server: undefined } as const;

/**
 * A summary for people, including the newline.
 *
 * @param by who answered
 */
export function summaryText(
  { address, software, entries, bytes, stores }: StateSummary,
  by: keyof typeof ANSWERED_BY,
): string {
  const facts = [
    software,
    entries === 1 ? "1 entry" : `${entries} entries`,
    bytes === undefined ? undefined : sizeText(bytes),
    ANSWERED_BY[by],
  ];
  const lines = [`${address}: ${facts.filter((fact) => fact !== undefined).join(", ")}`];
  if (stores.length > 0) {
    const rows = stores.map(({ filter, store, entries }) => [filter, store, String(entries)]);
    lines.push("", ...tableLines([["filter", "store", "entries"], ...rows]));
  }
  return lines.map((line) => `${escapeControlCharacters(line)}\n`).join("");
}

/** Columns with spaces between them; the last one holds numbers. */
function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row.map((cell, column) =>
      column === row.length - 1 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)
    ).join("  ")
  );
}

function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1000).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/**
 * The table of the short benchmark, and the file that one run saves for another.
 *
 * @module
 */

import { CannotRun } from "./failure.ts";
import { figure as shown, table } from "./format.ts";
import { isMet } from "./results.ts";

/** One figure of a run. */
export interface QuickRow {
  readonly name: string;
  /** The median of the rounds. */
  readonly figure: number;
  readonly rounds: readonly number[];
  readonly limit: number | undefined;
}

/** The figures of an earlier run by their names. */
export type EarlierRun = ReadonlyMap<string, Pick<QuickRow, "figure" | "rounds">>;

/** The table in Markdown, with the changes since an earlier run if there is one. */
export function comparison(rows: readonly QuickRow[], earlier?: EarlierRun): string {
  const head = ["", "figure", "rounds", "limit", ""];
  return table(
    earlier ? [...head, "before", "change"] : head,
    rows.map((row) => {
      const { name, figure, rounds, limit } = row;
      const own = [
        name,
        shown(figure),
        rangeOf(rounds),
        limit === undefined ? "–" : shown(limit),
        limit === undefined ? "" : isMet({ what: name, figure, limit }) ? "kept" : "MISSED",
      ];
      if (!earlier) return own;
      const before = earlier.get(name);
      return [...own, shown(before?.figure), before ? changeOf(row, before) : "new"];
    }),
  );
}

/** The lowest and the highest round. */
function rangeOf(rounds: readonly number[]): string {
  return rounds.length > 1 ? `${shown(Math.min(...rounds))} to ${shown(Math.max(...rounds))}` : "–";
}

/** In per cent. It is noise where a round of one run lies among those of the other. */
function changeOf(row: QuickRow, before: Pick<QuickRow, "figure" | "rounds">): string {
  const change = Math.round(100 * (row.figure / before.figure - 1));
  const percent = `${change > 0 ? "+" : change < 0 ? "−" : "±"}${Math.abs(change)} %`;
  const apart = Math.min(...row.rounds) > Math.max(...before.rounds) ||
    Math.max(...row.rounds) < Math.min(...before.rounds);
  return apart || row.rounds.length === 1 ? percent : `${percent} (noise)`;
}

/** What is saved, as JSON. */
export function savedRun(rows: readonly QuickRow[]): string {
  return `${
    JSON.stringify({ rows: rows.map(({ name, figure, rounds }) => ({ name, figure, rounds })) }, null, 2)
  }\n`;
}

/**
 * Reads what {@link savedRun} made.
 *
 * @param text the content of the file
 * @param path its path, for the error
 * @throws {CannotRun} if it is something else
 */
export function parseRun(text: string, path: string): EarlierRun {
  const isNumber = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value);
  try {
    const { rows } = JSON.parse(text) as { readonly rows: readonly QuickRow[] };
    for (const { name, figure, rounds } of rows) {
      if (typeof name !== "string" || !isNumber(figure) || rounds.length === 0 || !rounds.every(isNumber)) {
        throw name;
      }
    }
    return new Map(rows.map((row) => [row.name, row]));
  } catch {
    throw new CannotRun(`--against ${path}: this is no file that --save wrote`);
  }
}

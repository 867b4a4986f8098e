/**
 * Formats figures and tables for people.
 *
 * @module
 */

/** A figure with three digits that count, and all of them left of the point. */
export function figure(number: number | undefined): string {
  if (number === undefined || !Number.isFinite(number)) return "–";
  if (number >= 100) return number.toFixed(0);
  if (number >= 10) return number.toFixed(1);
  return number >= 1 ? number.toFixed(2) : number.toFixed(3);
}

/** A share as per cent. */
export function percent(share: number | undefined): string {
  return share === undefined ? "–" : (100 * share).toFixed(0);
}

/** A figure beside its limit: says so where it is missed. */
export function judged(number: number | undefined, limit: number): string {
  const text = figure(number);
  return number !== undefined && number > limit ? `**${text}** (missed)` : text;
}

/** A Markdown table, the first column to the left; legible as text too. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((row) => [...row[column] ?? ""].length))
  );
  const line = (cells: readonly string[]): string =>
    `| ${
      widths.map((width, column) => {
        const cell = cells[column] ?? "";
        const blanks = " ".repeat(width - [...cell].length);
        return column === 0 ? cell + blanks : blanks + cell;
      }).join(" | ")
    } |`;
  const rule = widths.map((width, column) => column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`);
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

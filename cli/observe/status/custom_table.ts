/**
 * Renders what filters count themselves.
 *
 * @module
 */

import type { CustomSeries } from "./custom_report.ts";
import { countText } from "./figures.ts";
import { type Markup, markup } from "./markup.ts";
import type { StatusReport } from "./status_report.ts";

/** The most rows; `/metrics` and `status.json` have all. */
const MOST_ROWS = 100;

/** Renders the table; nothing if no filter counts anything. */
export function customTable({ filters }: StatusReport): Markup | undefined {
  const rows = filters.flatMap(({ name: filter, custom }) =>
    custom.flatMap(({ name, help, series }) => series.map((each) => row(filter, name, help, each)))
  );
  if (rows.length === 0) return undefined;
  const more = rows.length - MOST_ROWS;
  return markup`
<div class="heading"><h2 id="custom-title">What filters count</h2><p>since the start</p></div>
<table role="table" class="custom" aria-labelledby="custom-title">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Filter</th><th role="columnheader" scope="col">Name</th><th role="columnheader" scope="col">What it counts</th><th role="columnheader" scope="col" class="number">Value</th></tr></thead>
<tbody role="rowgroup">
${rows.slice(0, MOST_ROWS)}</tbody>
</table>${
    more > 0
      ? markup`\n<p class="nothing">${countText(more)} more are in status.json and /metrics.</p>`
      : undefined
  }`;
}

function row(filter: string, name: string, help: string, series: CustomSeries): Markup {
  const labels = Object.entries(series.labels).map(([label, value]) => `${label}=${value}`).join(", ");
  return markup`<tr role="row">
<th role="rowheader" scope="row"><bdi>${filter}</bdi></th>
<td role="cell"><code>${name}</code>${
    labels === "" ? undefined : markup` <bdi class="quiet">${labels}</bdi>`
  }</td>
<td role="cell">${help}</td>
<td role="cell" class="number" data-name="Value">${valueText(series)}</td>
</tr>
`;
}

function valueText(series: CustomSeries): string {
  if ("value" in series) return numberText(series.value);
  const { count, sum } = series;
  return count === 0 ? "0" : `${countText(count)}, mean ${numberText(sum / count)}`;
}

/** Formats a number that need not be whole; more than a few digits would only look exact. */
function numberText(value: number): string {
  return Number.isInteger(value) || Math.abs(value) >= 100
    ? countText(value)
    : String(Number(value.toPrecision(3)));
}

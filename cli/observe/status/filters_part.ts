/**
 * Renders the table of filters, in the order in which they are asked.
 *
 * @module
 */

import { countsText, total } from "./counts_text.ts";
import { customTable } from "./custom_table.ts";
import { countText, timeText } from "./figures.ts";
import { messagesChart, timeChart } from "./filter_charts.ts";
import { messagesLink } from "./links.ts";
import { type Markup, markup } from "./markup.ts";
import { OTHER_FILTERS } from "./history.ts";
import type { FilterReport, StatusReport } from "./status_report.ts";
import { quiet } from "./strangers.ts";
import { byKind } from "./verdict_kinds.ts";

const COLUMNS: readonly (readonly [name: string, kind: string])[] = [
  ["Filter", ""],
  ["Messages", ""],
  ["Verdicts", ""],
  ["Errors", "number"],
  ["Time", ""],
];

/**
 * Renders the table, and what filters count themselves. Explicit roles keep it a table for screen readers, even in narrow
 * windows with another layout.
 *
 * @param searchable whether messages are kept, so that a filter can lead to them
 */
export function filtersPart(report: StatusReport, searchable: boolean): Markup {
  const { filters } = report;
  return markup`<section id="filters" class="part" aria-labelledby="filters-title">
<div class="heading"><h2 id="filters-title">Filters</h2><p>in the order in which they run</p></div>
<table role="table" class="filters" aria-labelledby="filters-title">
<thead role="rowgroup"><tr role="row">${
    COLUMNS.map(([name, kind]) => markup`<th role="columnheader" scope="col" class="${kind}">${name}</th>`)
  }</tr></thead>
<tbody role="rowgroup">
${filters.map((filter) => row(filter, report, searchable))}</tbody>
</table>${customTable(report)}
</section>`;
}

function row(filter: FilterReport, report: StatusReport, searchable: boolean): Markup {
  const shown = markup`<bdi>${filter.name}</bdi>`;
  const link = searchable && filter.name !== OTHER_FILTERS
    ? messagesLink({ filter: filter.name })
    : undefined;
  const { messages, time } = filter;
  // Empty charts would only be gaps.
  const hasCharts = messages > 0 || report.period.missingSlices > 0;
  const within = time.p99 === null ? undefined : quiet(`99 % within ${timeText(time.p99)}`);
  return markup`<tr role="row">
<th role="rowheader" scope="row">${link === undefined ? shown : markup`<a href="${link}">${shown}</a>`}${
    marks(filter)
  }</th>
<td role="cell" class="drawn" data-name="Messages"><b>${countText(messages)}</b>${
    hasCharts ? messagesChart(filter, report) : undefined
  }</td>
<td role="cell" class="verdicts">${verdicts(filter)}${changes(filter)}</td>
${errorsCell(filter)}
<td role="cell" class="drawn" data-name="Time"><b>${timeText(time.p50)}</b>${within}${
    hasCharts ? timeChart(filter, report) : undefined
  }</td>
</tr>
`;
}

function numberCell(column: string, figure: string): Markup {
  return markup`<td role="cell" class="number" data-name="${column}">${figure}</td>`;
}

function marks({ name, dryRun, served }: FilterReport): Markup[] {
  return [
    ...(dryRun ? [markup` <span class="mark" title="Its verdicts are only logged">dry run</span>`] : []),
    ...(served || name === OTHER_FILTERS ? [] : [markup` <span class="mark">no longer served</span>`]),
  ];
}

function errorsCell({ errors }: FilterReport): Markup {
  const count = total(errors);
  if (count === 0) return numberCell("Errors", "0");
  const where = Object.keys(errors).join(", ");
  return markup`<td role="cell" class="number bad" data-name="Errors">${
    countText(count)
  } <span class="where">at ${where}</span></td>`;
}

function verdicts({ verdicts, changes, dryRun }: FilterReport): Markup {
  const kinds = byKind(verdicts);
  if (kinds.length === 0 && total(changes) === 0) return markup`<span class="none">no verdicts</span>`;
  return markup`${
    kinds.map(({ kind, count, events }) =>
      markup`<span class="verdict ${kind}" title="${events}">${dryRun ? "would " : ""}${kind} <b>${
        countText(count)
      }</b></span> `
    )
  }`;
}

function changes({ changes, dryRun }: FilterReport): Markup | undefined {
  const count = total(changes);
  if (count === 0) return undefined;
  const kinds = countsText(Object.entries(changes));
  return markup`<span class="verdict change" title="${kinds}">${dryRun ? "would-be " : ""}changes <b>${
    countText(count)
  }</b></span>`;
}

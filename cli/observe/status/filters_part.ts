/**
 * Renders the table of filters, in the order in which they are asked.
 *
 * @module
 */

import { areaChart, bandChart } from "./chart.ts";
import { countsText, total } from "./counts_text.ts";
import { customTable } from "./custom_table.ts";
import { countText, timeText } from "./figures.ts";
import { type Markup, markup } from "./markup.ts";
import { OTHER_FILTERS } from "./history.ts";
import type { FilterReport, StatusReport } from "./status_report.ts";
import { byKind } from "./verdict_kinds.ts";

const COLUMNS: readonly (readonly [name: string, kind: string])[] = [
  ["Filter", ""],
  ["Messages", "number"],
  ["Over time", ""],
  ["Verdicts", ""],
  ["Errors", "number"],
  ["Median", "number"],
  ["99 %", "number"],
  ["Time", ""],
];

/** Renders the table, and what filters count themselves. Explicit roles keep it a table for screen readers, even in narrow windows with another layout. */
export function filtersPart(report: StatusReport): Markup {
  const { filters, period } = report;
  return markup`<section id="filters" class="part" aria-labelledby="filters-title">
<div class="heading"><h2 id="filters-title">Filters</h2><p>in the order in which they are asked</p></div>
<table role="table" class="filters" aria-labelledby="filters-title">
<thead role="rowgroup"><tr role="row">${
    COLUMNS.map(([name, kind]) => markup`<th role="columnheader" scope="col" class="${kind}">${name}</th>`)
  }</tr></thead>
<tbody role="rowgroup">
${filters.map((filter) => row(filter, period.minutes))}</tbody>
</table>${customTable(report)}
</section>`;
}

function row(filter: FilterReport, minutes: number): Markup {
  const { name, messages, time } = filter;
  return markup`<tr role="row">
<th role="rowheader" scope="row"><bdi>${name}</bdi>${marks(filter)}</th>
${numberCell("Messages", countText(messages))}
<td role="cell" class="drawn">${messagesChart(filter, minutes)}</td>
<td role="cell" class="verdicts">${verdicts(filter)}${changes(filter)}</td>
${errorsCell(filter)}
${numberCell("Median", timeText(time.p50))}
${numberCell("99 %", timeText(time.p99))}
<td role="cell" class="drawn">${timeChart(filter, minutes)}</td>
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

function messagesChart({ name, series, dryRun }: FilterReport, minutes: number): Markup {
  const messages = series.messages.slice(0, -1);
  // One message may have several verdicts, one per recipient.
  const verdicts = series.verdicts.slice(0, -1).map((count, i) => Math.min(count, messages[i] ?? 0));
  const most = Math.max(...messages);
  const title = `${name}: messages over ${minutes} minutes, at most ${countText(most)} in ten seconds; ` +
    `${countText(total(series.verdicts))} verdicts`;
  const layers = [
    { kind: dryRun ? "dry" : "verdict", values: verdicts },
    { kind: "accept", values: messages.map((count, i) => count - (verdicts[i] ?? 0)) },
  ];
  return areaChart(layers, Math.max(1, most), { title });
}

function timeChart({ name, time }: FilterReport, minutes: number): Markup {
  const p50 = time.series.p50.slice(0, -1);
  const p99 = time.series.p99.slice(0, -1);
  const most = Math.max(0, ...p99.map((seconds) => seconds ?? 0));
  const title = `${name}: median and 99 % of its times over ${minutes} minutes, at most ${timeText(most)}`;
  return bandChart({ kind: "p50", values: p50 }, { kind: "p99", values: p99 }, most * 1.05, { title });
}

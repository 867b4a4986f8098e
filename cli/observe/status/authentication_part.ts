/**
 * Renders results of authentication, and the domains that fail DMARC most.
 *
 * @module
 */

import { AUTH_METHODS, AUTH_RESULTS } from "../auth_counts.ts";
import type { DmarcFailures } from "./authentication_report.ts";
import { countsText } from "./counts_text.ts";
import { countText } from "./figures.ts";
import { type Markup, markup } from "./markup.ts";
import type { StatusReport } from "./status_report.ts";

type Results = StatusReport["authentication"]["results"];

/** Renders both tables; hidden if there are no results. */
export function authenticationPart({ authentication, period }: StatusReport): Markup {
  const { results, dmarcFailures } = authentication;
  const hidden = Object.keys(results).length === 0 ? markup` hidden` : undefined;
  return markup`<section id="authentication" class="part" aria-labelledby="authentication-title"${hidden}>
<div class="heading"><h2 id="authentication-title">Authentication</h2><p>results of the last ${period.minutes} minutes; a message has one DKIM result for each signature</p></div>
${hidden ? undefined : resultsTable(results)}${
    dmarcFailures.length === 0 ? undefined : failuresTable(dmarcFailures)
  }
</section>`;
}

/** Explicit roles keep it a table for screen readers, even in narrow windows with another layout. */
function resultsTable(results: Results): Markup {
  const methods = AUTH_METHODS.filter((method) => results[method] !== undefined);
  const shown = AUTH_RESULTS.filter((result) => methods.some((method) => results[method]?.[result]));
  return markup`<table role="table" class="results" aria-labelledby="authentication-title">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Method</th>${
    shown.map((result) => markup`<th role="columnheader" scope="col" class="number">${result}</th>`)
  }</tr></thead>
<tbody role="rowgroup">
${
    methods.map((method) =>
      markup`<tr role="row"><th role="rowheader" scope="row">${method}</th>${
        shown.map((result) => countCell(result, results[method]?.[result] ?? 0))
      }</tr>\n`
    )
  }</tbody>
</table>`;
}

function countCell(result: string, count: number): Markup {
  const figure = count === 0 ? markup`<span class="none">–</span>` : countText(count);
  return markup`\n<td role="cell" class="number" data-name="${result}">${figure}</td>`;
}

const COLUMNS: readonly (readonly [name: string, kind: string])[] = [
  ["Domain in From", ""],
  ["Messages", "number"],
  ["SPF", ""],
  ["DKIM", ""],
  ["Reason", ""],
];

function failuresTable(failures: readonly DmarcFailures[]): Markup {
  return markup`
<div class="heading"><h2 id="dmarc-title">Domains that fail DMARC most often</h2><p>with SPF and DKIM of these messages, and the most frequent reason</p></div>
<table role="table" class="failures" aria-labelledby="dmarc-title">
<thead role="rowgroup"><tr role="row">${
    COLUMNS.map(([name, kind]) => markup`<th role="columnheader" scope="col" class="${kind}">${name}</th>`)
  }</tr></thead>
<tbody role="rowgroup">
${failures.map(failureRow)}</tbody>
</table>`;
}

function failureRow({ domain, messages, reason, spf, dkim }: DmarcFailures): Markup {
  const why = reason === null ? markup`<span class="none">–</span>` : markup`<bdi>${reason}</bdi>`;
  return markup`<tr role="row">
<th role="rowheader" scope="row"><bdi>${domain}</bdi></th>
<td role="cell" class="number" data-name="Messages">${countText(messages)}</td>
<td role="cell" class="checked" data-name="SPF">${resultsOf(spf)}</td>
<td role="cell" class="checked" data-name="DKIM">${resultsOf(dkim)}</td>
<td role="cell" class="why">${why}</td>
</tr>
`;
}

function resultsOf(counts: Readonly<Record<string, number>>): Markup | string {
  const text = countsText(AUTH_RESULTS.map((result) => [result, counts[result] ?? 0] as const));
  return text === "" ? markup`<span class="none">–</span>` : text;
}

/**
 * Renders who is near a limit.
 *
 * @module
 */

import { clockText, countText } from "./figures.ts";
import type { LimitReport } from "./limits_report.ts";
import { type Markup, markup } from "./markup.ts";
import type { StatusReport } from "./status_report.ts";
import { strangers } from "./strangers.ts";

/** The most characters of a key to show. */
const SHOWN_KEY = 90;

const COLUMNS: readonly (readonly [name: string, kind: string])[] = [
  ["Who", ""],
  ["Limit", ""],
  ["Used", "number"],
  ["Exceeded", "number"],
  ["Last", ""],
  ["Filter", ""],
];

/** Renders the table; hidden if nobody is near a limit. */
export function limitsPart({ limits }: StatusReport): Markup {
  const { keys, more } = limits;
  const hidden = keys.length === 0 ? markup` hidden` : undefined;
  return markup`<section id="limits" class="part" aria-labelledby="limits-title"${hidden}>
<div class="heading"><h2 id="limits-title">Near a limit</h2><p>at least half used, or exceeded in the last half hour; fullest first, times in UTC</p></div>
${hidden ? undefined : table(keys)}${
    more > 0 ? markup`\n<p class="nothing">And at least ${countText(more)} more.</p>` : undefined
  }
</section>`;
}

/** Explicit roles keep it a table for screen readers, even in narrow windows with another layout. */
function table(keys: readonly LimitReport[]): Markup {
  return markup`<table role="table" class="limits" aria-labelledby="limits-title">
<thead role="rowgroup"><tr role="row">${
    COLUMNS.map(([name, kind]) => markup`<th role="columnheader" scope="col" class="${kind}">${name}</th>`)
  }</tr></thead>
<tbody role="rowgroup">
${keys.map(row)}</tbody>
</table>`;
}

function row({ filter, key, limit, used, most, refused, lastAt }: LimitReport): Markup {
  const over = refused === 0 ? markup`<span class="none">–</span>` : countText(refused);
  return markup`<tr role="row">
<th role="rowheader" scope="row">${strangers(key, SHOWN_KEY)}</th>
<td role="cell" data-name="Limit">${limit}</td>
<td role="cell" class="number" data-name="Used">${countText(used)} of ${countText(most)}</td>
<td role="cell" class="number${refused > 0 ? " bad" : ""}" data-name="Exceeded">${over}</td>
<td role="cell" class="time" data-name="Last"><time datetime="${lastAt}" title="${lastAt}">${
    clockText(lastAt)
  }</time></td>
<td role="cell" data-name="Filter"><bdi>${filter}</bdi></td>
</tr>
`;
}

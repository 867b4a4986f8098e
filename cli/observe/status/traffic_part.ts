/**
 * Renders the chart of all messages, by outcome.
 *
 * @module
 */

import { OUTCOMES } from "../mail_counts.ts";
import { areaChart, type Layer, roundTop } from "./chart.ts";
import { clockText, countText } from "./figures.ts";
import { type Markup, markup } from "./markup.ts";
import type { StatusReport } from "./status_report.ts";
import { OUTCOME_WORDS } from "./words.ts";

/** Renders the chart, its scale and its legend. */
export function trafficPart(report: StatusReport): Markup {
  const { minutes } = report.period;
  const layers = perMinute(report);
  const sums = layers.reduce<readonly number[]>(
    (sums, { values }) => values.map((value, i) => (sums[i] ?? 0) + value),
    [],
  );
  const most = Math.max(...sums);
  const top = roundTop(most);
  const nothing = `No messages in the last ${minutes} minutes`;
  const title = most === 0
    ? nothing
    : `Messages a minute by outcome, over ${minutes} minutes: ${countText(Math.min(...sums))} to ` +
      countText(most);
  const chart = areaChart(layers, top, { title, column: (i) => columnText(report, i) });
  return markup`<section id="traffic" class="part" aria-labelledby="traffic-title">
<div class="heading"><h2 id="traffic-title">Messages a minute</h2>${legend()}</div>
<div class="plot">
<span class="scale top">${countText(top)}</span><span class="scale middle">${countText(top / 2)}</span>
${chart}${most === 0 ? markup`<p class="nothing" aria-hidden="true">${nothing}</p>` : undefined}
</div>
<div class="axis"><span>${minutes} min ago</span><span>${minutes / 2} min ago</span><span>now</span></div>
</section>`;
}

/** Returns a layer per outcome, without the last slice: it is not complete and would look like a drop. */
function perMinute({ messages, period }: StatusReport): Layer[] {
  return OUTCOMES.map((outcome) => ({
    kind: outcome,
    values: messages.series[outcome].slice(0, -1).map((count) => count * 60 / period.sliceSeconds),
  }));
}

/** Returns the tooltip of a slice. Its time is approximate, since slices follow the monotonic clock. */
function columnText({ messages, period, time }: StatusReport, index: number): string {
  const ago = (messages.series.accept.length - 1 - index) * period.sliceSeconds;
  const at = new Date(Date.parse(time) - ago * 1000).toISOString();
  const parts = OUTCOMES.map((outcome) => ({ outcome, count: messages.series[outcome][index] ?? 0 }))
    .filter(({ count }) => count > 0).map(({ outcome, count }) => `${count} ${OUTCOME_WORDS[outcome]}`);
  return `ten seconds at about ${clockText(at)} UTC: ${parts.join(", ")}`;
}

function legend(): Markup {
  return markup`<ul class="legend">${
    OUTCOMES.map((outcome) =>
      markup`<li><span class="swatch ${outcome}"></span>${OUTCOME_WORDS[outcome]}</li>`
    )
  }</ul>`;
}

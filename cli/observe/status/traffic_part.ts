/**
 * Renders the charts of messages over time: a chart with its own scale for each outcome, so that many of one kind do not
 * hide the few of another.
 *
 * @module
 */

import { type Outcome, OUTCOMES } from "../mail_counts.ts";
import { areaChart, roundTop } from "./chart.ts";
import { type Columns, columnsOf } from "./columns.ts";
import { clockText, countText } from "./figures.ts";
import { type Markup, markup } from "./markup.ts";
import type { StatusReport } from "./status_report.ts";
import { OUTCOME_WORDS } from "./words.ts";

/** The most columns of the large chart, and of a small one. */
const LARGE = 180;
const SMALL = 60;

/** Renders the charts, with their scales. */
export function trafficPart(report: StatusReport): Markup {
  const others = OUTCOMES.filter((outcome) => outcome !== "accept");
  return markup`<section id="traffic" class="part" aria-labelledby="traffic-title">
<div class="heading"><h2 id="traffic-title">Messages a minute</h2><p>twice the height means four times as many; each chart has its own scale</p></div>
${acceptedChart(report)}
<div class="kinds">
${others.map((outcome) => smallChart(report, outcome))}</div>${startNote(report)}
</section>`;
}

function acceptedChart(report: StatusReport): Markup {
  const { minutes } = report.period;
  const columns = columnsOf(report, LARGE);
  const { rates, chart, most } = drawn(report, "accept", columns, roundTop);
  const top = roundTop(most);
  const nothing = nothingText(report, rates.length === columns.missing);
  return markup`<div class="kind large">
${nameOf(report, "accept", most)}
<div class="plot">
<span class="scale top">${countText(top)}</span><span class="scale middle">${countText(top / 4)}</span>
${chart}${most === 0 ? markup`<p class="nothing">${nothing}</p>` : undefined}
</div>
<div class="axis"><span>${minutes} min ago</span><span>${minutes / 2} min ago</span><span>now</span></div>
</div>`;
}

function smallChart(report: StatusReport, outcome: Outcome): Markup {
  const { chart, most } = drawn(report, outcome, columnsOf(report, SMALL), (most) => most);
  return markup`<div class="kind">${nameOf(report, outcome, most)}${chart}</div>\n`;
}

function drawn(
  report: StatusReport,
  outcome: Outcome,
  columns: Columns,
  topFor: (most: number) => number,
): { readonly rates: readonly number[]; readonly chart: Markup; readonly most: number } {
  const counts = columns.sums(report.messages.series[outcome]);
  const rates = counts.map((count) => count * 60 / columns.seconds);
  const most = Math.max(...rates);
  const word = OUTCOME_WORDS[outcome];
  const chart = areaChart([{ kind: outcome, values: rates }], {
    title: `Messages ${word}, over ${report.period.minutes} minutes: at most ${countText(most)} a minute`,
    top: topFor(most),
    missing: columns.missing,
    column: (i) => {
      const count = counts[i] ?? 0;
      if (count === 0) return undefined;
      return `${columns.when(i)}: ${countText(count)} ${word}, ${countText(rates[i] ?? 0)} a minute`;
    },
  });
  return { rates, chart, most };
}

function nameOf({ messages }: StatusReport, outcome: Outcome, most: number): Markup {
  const total = messages.outcomes[outcome];
  return markup`<p class="name"><span class="swatch ${outcome}"></span>${OUTCOME_WORDS[outcome]} <b>${
    countText(total)
  }</b>${most > 0 ? markup` <span class="quiet">at most ${countText(most)} a minute</span>` : undefined}</p>`;
}

function nothingText({ messages, period }: StatusReport, fresh: boolean): string {
  if (fresh) return "Just started: the first figures come after ten seconds";
  return messages.total === 0
    ? `No messages in the last ${period.minutes} minutes`
    : `No message was accepted in the last ${period.minutes} minutes`;
}

/** Says what the grey stretch of the charts is. */
function startNote({ period, service, time }: StatusReport): Markup | undefined {
  if (period.missingSlices === 0) return undefined;
  const slices = period.minutes * 60 / period.sliceSeconds;
  const begin = Date.parse(time) - (slices - period.missingSlices + 1) * period.sliceSeconds * 1000;
  const started = Date.parse(service.startedAt);
  // Figures may have been turned on later than the service.
  const text = started >= begin - period.sliceSeconds * 1000
    ? `Milterkit was not running before ${clockText(service.startedAt)} UTC`
    : `nothing was counted before about ${clockText(new Date(begin).toISOString())} UTC`;
  return markup`\n<p class="since"><span class="swatch missing"></span>${text}</p>`;
}

/**
 * Draws the charts of one filter: its messages with its verdicts, and its times.
 *
 * @module
 */

import { areaChart, bandChart } from "./chart.ts";
import { columnsOf } from "./columns.ts";
import { total } from "./counts_text.ts";
import { countText, timeText } from "./figures.ts";
import type { Markup } from "./markup.ts";
import type { FilterReport, StatusReport } from "./status_report.ts";

/** The most columns: as many as can be told apart in a cell of a table. */
const COLUMNS = 30;

/** Draws a filter's messages, and in front of them those with verdicts. */
export function messagesChart({ name, series, dryRun }: FilterReport, report: StatusReport): Markup {
  const columns = columnsOf(report, COLUMNS);
  const messages = columns.sums(series.messages);
  // One message may have several verdicts, one for each recipient.
  const verdicts = columns.sums(series.verdicts);
  const most = Math.max(...messages);
  return areaChart([
    { kind: "accept", values: messages },
    {
      kind: dryRun ? "dry" : "verdict",
      values: verdicts.map((count, i) => Math.min(count, messages[i] ?? 0)),
    },
  ], {
    title: `${name}: messages over ${report.period.minutes} minutes, at most ` +
      `${countText(most)} in ${columns.seconds} seconds; ${countText(total(series.verdicts))} verdicts`,
    top: most,
    missing: columns.missing,
    column: (i) =>
      messages[i]
        ? `${columns.when(i)}: ${counted(messages[i], "message")}, ${counted(verdicts[i] ?? 0, "verdict")}`
        : undefined,
  });
}

/** Draws a filter's median time in front of the time within which 99 % of its messages stayed. */
export function timeChart({ name, time }: FilterReport, report: StatusReport): Markup {
  const columns = columnsOf(report, COLUMNS);
  const p50 = columns.middle(time.series.p50);
  const p99 = columns.greatest(time.series.p99);
  const most = Math.max(0, ...p99.map((seconds) => seconds ?? 0));
  return bandChart({ kind: "p50", values: p50 }, { kind: "p99", values: p99 }, {
    title: `${name}: median and 99 % of its times over ${report.period.minutes} minutes, at most ${
      timeText(most)
    }`,
    top: most,
    missing: columns.missing,
    column: (i) => {
      const [median, longest] = [p50[i] ?? null, p99[i] ?? null];
      if (median === null) return undefined;
      return `${columns.when(i)}: median ${timeText(median)}, 99 % within ${timeText(longest)}`;
    },
  });
}

function counted(count: number, what: string): string {
  return `${countText(count)} ${what}${count === 1 ? "" : "s"}`;
}

/**
 * What is out of order, in words.
 *
 * @module
 */

import { clockText, countText } from "./figures.ts";
import { type Markup, markup } from "./markup.ts";
import type { StatusReport } from "./status_report.ts";
import { TROUBLES } from "./words.ts";

/** A line each; hidden where all is well. */
export function troublePart(report: StatusReport): Markup {
  const lines = [...serviceTroubles(report), ...eventTroubles(report)];
  const hidden = lines.length === 0 ? markup` hidden` : undefined;
  return markup`<section id="trouble" class="part" aria-label="Out of order"${hidden}>
<ul>${lines.map((line) => markup`<li>${line}</li>`)}</ul>
</section>`;
}

function serviceTroubles({ service }: StatusReport): string[] {
  const { phase, workers, reload } = service;
  const lines: string[] = [];
  if (phase === "starting") lines.push("Milterkit is starting.");
  if (phase === "stopping") lines.push("Milterkit is stopping: it takes no new connections.");
  if (phase === "running" && workers.ready < workers.wanted) {
    lines.push(`${workers.ready} of ${workers.wanted} workers are ready.`);
  }
  if (reload && reload.failure !== null) {
    lines.push(
      `A new version could not be taken at ${
        clockText(reload.at)
      } UTC, the one before goes on: ${reload.failure}`,
    );
  }
  return lines;
}

function eventTroubles({ connections, period }: StatusReport): string[] {
  return TROUBLES.flatMap(([type, one, many]) => {
    const count = connections.events[type] ?? 0;
    if (count === 0) return [];
    return [`${countText(count)} ${count === 1 ? one : many} in the last ${period.minutes} minutes.`];
  });
}

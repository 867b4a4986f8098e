/**
 * Renders current problems, in words.
 *
 * @module
 */

import { plural } from "../../terminal/plural.ts";
import { clockText, countText } from "./figures.ts";
import { type Markup, markup } from "./markup.ts";
import type { StatusReport } from "./status_report.ts";
import { TROUBLES } from "./words.ts";

/** Renders one line per problem; hidden if there are none. */
export function troublePart(report: StatusReport): Markup {
  const lines = [...serviceTroubles(report), ...workerTroubles(report), ...eventTroubles(report)];
  const hidden = lines.length === 0 ? markup` hidden` : undefined;
  return markup`<section id="trouble" class="part" aria-label="Problems"${hidden}>
<ul>${lines.map((line) => markup`<li>${line}</li>`)}</ul>
</section>`;
}

function serviceTroubles({ service: { phase, reload, restartNeeded } }: StatusReport): string[] {
  const lines: string[] = [];
  if (phase === "starting") lines.push("Milterkit is starting.");
  if (phase === "stopping") lines.push("Milterkit is stopping: it accepts no new connections.");
  if (reload && reload.failure !== null) {
    lines.push(
      `The reload at ${
        clockText(reload.at)
      } UTC failed, the previous version stays in use: ${reload.failure}`,
    );
  }
  if (restartNeeded !== null) lines.push(`${restartNeeded}.`);
  return lines;
}

function workerTroubles({ service: { phase, workers } }: StatusReport): string[] {
  if (!workers) return [];
  const { wanted, ready, lost, turnedAway, acceptFailures } = workers;
  const lines: string[] = [];
  if (phase === "running" && ready < wanted) {
    lines.push(`${ready} of ${plural(wanted, "worker")} are ready.`);
  }
  const since = (count: number, what: string) => {
    if (count > 0) lines.push(`Since the start, ${connections(count)} ${what}.`);
  };
  since(lost, "lost with a worker that died");
  since(turnedAway, "closed because no worker took them");
  since(acceptFailures, "not accepted because of a system error");
  return lines;
}

function connections(count: number): string {
  return count === 1 ? "1 connection was" : `${countText(count)} connections were`;
}

function eventTroubles({ connections, period }: StatusReport): string[] {
  return TROUBLES.flatMap(([type, one, many]) => {
    const count = connections.events[type] ?? 0;
    if (count === 0) return [];
    return [`${countText(count)} ${count === 1 ? one : many} in the last ${period.minutes} minutes.`];
  });
}

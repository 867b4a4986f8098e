/**
 * Renders the most important figures.
 *
 * @module
 */

import { countsText, total } from "./counts_text.ts";
import { countText, shareText, timeText } from "./figures.ts";
import { messagesLink } from "./links.ts";
import { type Markup, markup } from "./markup.ts";
import type { StatusReport } from "./status_report.ts";
import { OUTCOME_WORDS } from "./words.ts";

interface Figure {
  readonly name: string;
  readonly value: string;
  readonly note: string;
  /** Whether it needs attention. */
  readonly bad?: boolean;
  /** A search for the messages that it counts. */
  readonly link?: string;
}

/**
 * Renders the figures.
 *
 * @param searchable whether messages are kept, so that figures can lead to them
 */
export function headlinePart(report: StatusReport, searchable: boolean): Markup {
  const { messages, period } = report;
  const since = `${period.minutes}m`;
  const figures: readonly Figure[] = [
    {
      name: "Messages",
      value: countText(messages.total),
      note: `${countText(messages.lastMinute)} in the last minute`,
      link: messagesLink({ since }),
    },
    { ...refused(report), link: messagesLink({ outcome: "refused", since }) },
    { ...errors(report), link: messagesLink({ outcome: "error", since }) },
    {
      name: "Time, median",
      value: timeText(messages.time.p50),
      note: messages.time.p99 === null ? "none timed" : `99 % within ${timeText(messages.time.p99)}`,
    },
    connections(report),
    workers(report),
  ];
  return markup`<section id="headline" class="part" aria-label="The last ${period.minutes} minutes"><dl>
${
    figures.map(({ name, value, note, bad, link }) =>
      markup`<div class="figure${bad ? " bad" : ""}"><dt>${
        link !== undefined && searchable ? markup`<a href="${link}">${name}</a>` : name
      }</dt><dd><b>${value}</b> <span>${note}</span></dd></div>\n`
    )
  }</dl></section>`;
}

/** The share of refused messages among those with a verdict. */
function refused({ messages }: StatusReport): Figure {
  const { outcomes } = messages;
  const kinds = (["reject", "tempfail", "discard"] as const)
    .map((outcome) => [OUTCOME_WORDS[outcome], outcomes[outcome]] as const);
  const count = outcomes.reject + outcomes.tempfail + outcomes.discard;
  return {
    name: "Refused",
    value: shareText(count, messages.total - outcomes.abort),
    note: countsText(kinds) || "none",
  };
}

function errors({ filters }: StatusReport): Figure {
  const counts = filters.map(({ name, errors }) => [name, total(errors)] as const);
  const count = total(counts.map(([, count]) => count));
  return {
    name: "Filter errors",
    value: countText(count),
    note: countsText(counts.map(([name, count]) => [`in ${name}`, count]), 3) || "none",
    bad: count > 0,
  };
}

function connections({ connections: { open, events } }: StatusReport): Figure {
  const { connected = 0, refused = 0, lost = 0, idle = 0 } = events;
  const note = countsText([["new", connected], ["refused", refused], ["lost", lost], ["silent", idle]]) ||
    "none new";
  return { name: "Connections", value: countText(open), note };
}

function workers({ service }: StatusReport): Figure {
  if (!service.workers) return { name: "Workers", value: "none", note: "one process does everything" };
  const { wanted, ready, restarts } = service.workers;
  const short = ready < wanted;
  return {
    name: "Workers",
    value: String(ready),
    note: (short ? `of ${wanted}` : "all ready") +
      (restarts > 0 ? `, ${countText(restarts)} restarted` : ""),
    bad: short,
  };
}

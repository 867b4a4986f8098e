/**
 * Renders the way of a message through the chain: filter by filter, what each did and how long it took.
 *
 * @module
 */

import type { EntryFailure, FilterPart, FilterVerdict, MailEntry } from "../mail_log/entry.ts";
import { timeText } from "./figures.ts";
import { lineAnchor } from "./log_table.ts";
import { type Content, type Markup, markup } from "./markup.ts";
import { mark } from "./moment.ts";
import { quiet, strangers } from "./strangers.ts";

const COLUMNS = ["Filter", "What it did", "Time"];

/**
 * Renders the table, in the order in which the filters were asked.
 *
 * @param message the message
 * @param lines the ids of the lines of the log that the page shows
 */
export function wayPart({ filters, milliseconds }: MailEntry, lines: ReadonlySet<string>): Markup {
  const inFilters = filters.reduce((sum, { milliseconds = 0 }) => sum + milliseconds, 0);
  const longest = Math.max(inFilters, milliseconds ?? 0);
  const outside = milliseconds === undefined ? undefined : Math.max(0, milliseconds - inFilters);
  return markup`<section id="way" aria-labelledby="way-title">
<div class="heading"><h2 id="way-title">Filters</h2><p>bars show each filter's share of the total time</p></div>
${
    filters.length === 0
      ? markup`<p class="nothing">No filter ran.</p>`
      : markup`<table role="table" class="way" aria-labelledby="way-title">
<thead role="rowgroup"><tr role="row">${
        COLUMNS.map((name) => markup`<th role="columnheader" scope="col">${name}</th>`)
      }</tr></thead>
<tbody role="rowgroup">
${filters.map((filter) => row(filter, longest, lines))}${
        outside === undefined ? undefined : rest(outside, longest)
      }</tbody>
</table>`
  }
</section>`;
}

function row(filter: FilterPart, longest: number, lines: ReadonlySet<string>): Markup {
  const { name, milliseconds, dryRun } = filter;
  return markup`<tr role="row">
<th role="rowheader" scope="row"><bdi>${name}</bdi>${dryRun ? mark("dry run") : undefined}</th>
<td role="cell" class="did">${deeds(filter, lines)}</td>
${timeCell(milliseconds, longest, "accept")}
</tr>
`;
}

/** The time in which no filter was at work. */
function rest(milliseconds: number, longest: number): Markup {
  return markup`<tr role="row">
<th role="rowheader" scope="row" class="quiet">outside the filters</th>
<td role="cell" class="did quiet">the client, the network and the MTA</td>
${timeCell(milliseconds, longest, "abort")}
</tr>
`;
}

function timeCell(milliseconds: number | undefined, longest: number, kind: string): Markup {
  if (milliseconds === undefined) {
    return markup`<td role="cell" class="took"><span class="none">–</span></td>`;
  }
  const share = longest === 0 ? 0 : Math.round(milliseconds * 1000 / longest) / 10;
  return markup`<td role="cell" class="took">${
    timeText(milliseconds / 1000)
  }<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" role="img" aria-label="${
    Math.round(share)
  } % of the time"><rect class="${kind}" x="0" y="0" width="${share}" height="1"/></svg></td>`;
}

function deeds(
  { verdicts, changes, remarks, errors, dryRun }: FilterPart,
  lines: ReadonlySet<string>,
): Content {
  const all = [
    ...errors.map((error) => failure(error, lines)),
    ...verdicts.map((verdict) => said(verdict, dryRun === true)),
    ...changes.map((change) =>
      markup`<span class="line">${dryRun ? "would " : ""}${strangers(change)}</span> `
    ),
    ...remarks.map((remark) => markup`<span class="line quiet">${strangers(remark)}</span> `),
  ];
  return all.length === 0 ? markup`<span class="none">nothing</span>` : all;
}

function said({ event, verdict, reply, recipient }: FilterVerdict, dryRun: boolean): Markup {
  return markup`<span class="line"><span class="verdict ${verdict}">${
    dryRun ? "would " : ""
  }<b>${verdict}</b></span>${reply === undefined ? undefined : markup` ${strangers(reply)}`}${
    quiet(`at ${event}`)
  }${recipient === undefined ? undefined : quiet(markup`for ${strangers(recipient)}`)}</span>`;
}

/** An error leads to its line in the log, further down, if that is still kept. */
function failure({ event, error, onError, line }: EntryFailure, lines: ReadonlySet<string>): Markup {
  const text = strangers(error);
  return markup`<span class="line"><span class="verdict reject"><b>error</b></span> ${
    line === undefined || !lines.has(line) ? text : markup`<a href="#${lineAnchor(line)}">${text}</a>`
  }${quiet(`at ${event}, therefore ${onError}`)}</span>`;
}

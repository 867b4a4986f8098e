/**
 * Renders refusals, equal ones together with their number.
 *
 * @module
 */

import type { RefusalGroup } from "../mail_log/entry.ts";
import { countText } from "./figures.ts";
import { messageLink, messagesLink } from "./links.ts";
import type { MailOverview } from "./mail_overview.ts";
import { type Markup, markup } from "./markup.ts";
import { mark, moment } from "./moment.ts";
import type { StatusReport } from "./status_report.ts";
import { quiet, strangers } from "./strangers.ts";
import { OUTCOME_WORDS } from "./words.ts";

const COLUMNS: readonly (readonly [name: string, kind: string])[] = [
  ["Count", "number"],
  ["Outcome", ""],
  ["By", ""],
  ["Reply", ""],
  ["First and last", ""],
  ["Latest", ""],
];

/** Renders the table, the largest group first. */
export function refusalGroupsPart(
  { groups, moreGroups, time }: MailOverview,
  { period }: Pick<StatusReport, "period">,
): Markup {
  const all = messagesLink({ outcome: "refused" });
  return markup`<section id="refusals" class="part" aria-labelledby="refusals-title">
<div class="heading"><h2 id="refusals-title">Refused</h2><p>in the last ${period.minutes} minutes, equal ones grouped, times in UTC; <a href="${all}">all that are kept</a></p></div>
${
    groups.length === 0
      ? markup`<p class="nothing">Nothing was refused in the last ${period.minutes} minutes.</p>`
      : table(groups, time)
  }${moreGroups ? markup`\n<p class="nothing">There are more kinds: see refusals.json.</p>` : undefined}
</section>\n`;
}

/** Explicit roles keep it a table for screen readers, even in narrow windows with another layout. */
function table(groups: readonly RefusalGroup[], now: string): Markup {
  return markup`<table role="table" class="groups" aria-labelledby="refusals-title">
<thead role="rowgroup"><tr role="row">${
    COLUMNS.map(([name, kind]) => markup`<th role="columnheader" scope="col" class="${kind}">${name}</th>`)
  }</tr></thead>
<tbody role="rowgroup">
${groups.map((group) => row(group, now))}</tbody>
</table>`;
}

function row(group: RefusalGroup, now: string): Markup {
  const { count, outcome, of, filter, event, reply, first, last, ids } = group;
  return markup`<tr role="row">
<td role="cell" class="number count"><a href="${messagesLink(wordsFor(group))}">${countText(count)}</a></td>
<td role="cell" class="outcome"><span class="verdict ${outcome}">${OUTCOME_WORDS[outcome]}</span>${
    of === "message" ? undefined : mark(of)
  }</td>
<td role="cell" class="by"><bdi>${filter ?? "no filter"}</bdi>${quiet(`at ${event}`)}</td>
<td role="cell" class="reply">${strangers(reply)}</td>
<td role="cell" class="time">${moment(first, now)}${
    first.slice(0, 19) === last.slice(0, 19) ? undefined : markup` to ${moment(last, now)}`
  }</td>
<td role="cell" class="examples" data-name="Latest">${
    ids.map((id, i) =>
      markup`${i > 0 ? " " : ""}<a href="${messageLink(id)}" aria-label="example ${i + 1}">${i + 1}</a>`
    )
  }</td>
</tr>
`;
}

/** Returns a search that finds the group: where its reply differs from message to message, by the words around. */
function wordsFor({ outcome, of, filter, reply }: RefusalGroup): Record<string, string | undefined> {
  return {
    outcome: of === "recipient" ? "refused" : outcome,
    filter,
    q: reply?.replaceAll("…", " ").replace(/\s+/g, " ").trim(),
  };
}

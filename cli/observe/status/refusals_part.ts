/**
 * Renders the last refused messages, recipients and connections, with the reasons.
 *
 * @module
 */

import { clockText } from "./figures.ts";
import { type Markup, markup } from "./markup.ts";
import type { StatusReport } from "./status_report.ts";
import { quiet, strangers } from "./strangers.ts";
import { OUTCOME_WORDS } from "./words.ts";

/** The most characters of an address to show; few are longer. */
const SHOWN_ADDRESS = 90;
/** The most characters of a client or a queue id to show. */
const SHOWN_NAME = 60;
/** The most recipients to show. */
const SHOWN_RECIPIENTS = 3;

type Refusal = StatusReport["refusals"][number];

const COLUMNS = ["Time", "Outcome", "From, to", "Client", "By", "Reply"];

/** Renders the table, newest first. */
export function refusalsPart({ refusals }: StatusReport): Markup {
  return markup`<section id="refusals" class="part" aria-labelledby="refusals-title">
<div class="heading"><h2 id="refusals-title">Last refused</h2><p>times in UTC, newest first</p></div>
${
    refusals.length === 0
      ? markup`<p class="nothing">Nothing was refused since the start.</p>`
      : table(refusals)
  }
</section>`;
}

/** Explicit roles keep it a table for screen readers, even in narrow windows with another layout. */
function table(refusals: readonly Refusal[]): Markup {
  return markup`<table role="table" class="refusals" aria-labelledby="refusals-title">
<thead role="rowgroup"><tr role="row">${
    COLUMNS.map((name) => markup`<th role="columnheader" scope="col">${name}</th>`)
  }</tr></thead>
<tbody role="rowgroup">
${refusals.map(row)}</tbody>
</table>`;
}

function row(refusal: Refusal): Markup {
  const { at, outcome, of, queueId, client, filter, event, reply } = refusal;
  return markup`<tr role="row">
<td role="cell" class="time"><time datetime="${at}" title="${at}">${clockText(at)}</time></td>
<td role="cell" class="outcome"><span class="verdict ${outcome}">${OUTCOME_WORDS[outcome]}</span>${
    of === "message" ? undefined : quiet(of)
  }</td>
<td role="cell" class="who">${from(refusal)}${to(refusal)}</td>
<td role="cell" class="client">${strangers(client, SHOWN_NAME)}${
    queueId === undefined ? undefined : quiet(strangers(queueId, SHOWN_NAME))
  }</td>
<td role="cell" class="by"><bdi>${filter ?? "no filter"}</bdi>${quiet(`at ${event}`)}</td>
<td role="cell" class="reply">${strangers(reply)}</td>
</tr>
`;
}

function from({ sender }: Refusal): Markup {
  // The sender of bounces is empty.
  return strangers(sender === "" ? "<>" : sender, SHOWN_ADDRESS);
}

function to({ recipients, moreRecipients }: Refusal): Markup | undefined {
  if (recipients.length === 0) return undefined;
  const shown = recipients.slice(0, SHOWN_RECIPIENTS);
  const list = shown.map((recipient, i) =>
    markup`${i > 0 ? ", " : ""}${strangers(recipient, SHOWN_ADDRESS)}`
  );
  const left = recipients.length - shown.length + moreRecipients;
  const more = left > 0 ? quiet(`and ${left} more`) : undefined;
  return markup` <span class="to">to ${list}${more}</span>`;
}

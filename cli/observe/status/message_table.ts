/**
 * Renders a table of messages, a row each.
 *
 * @module
 */

import type { MailEntry } from "../mail_log/entry.ts";
import { timeText } from "./figures.ts";
import { messageLink } from "./links.ts";
import { type Markup, markup } from "./markup.ts";
import { mark, moment } from "./moment.ts";
import { quiet, strangers } from "./strangers.ts";
import { OUTCOME_WORDS } from "./words.ts";

/** The most characters of an address to show; few are longer. */
const SHOWN_ADDRESS = 90;
/** The most characters of a client or a queue id to show. */
const SHOWN_NAME = 60;
/** The most recipients and labels to show. */
const SHOWN_RECIPIENTS = 3;
const SHOWN_LABELS = 6;
/** The most characters of a label to show. */
const SHOWN_LABEL = 40;

const COLUMNS = ["Time", "Outcome", "From, to", "Client", "Details"];

/**
 * Renders the table. Explicit roles keep it a table for screen readers, even in narrow windows with another layout.
 *
 * @param entries the messages
 * @param title the id of its heading
 * @param now the time now, in ISO 8601
 */
export function messageTable(entries: readonly MailEntry[], title: string, now: string): Markup {
  return markup`<table role="table" class="messages" aria-labelledby="${title}">
<thead role="rowgroup"><tr role="row">${
    COLUMNS.map((name) => markup`<th role="columnheader" scope="col">${name}</th>`)
  }</tr></thead>
<tbody role="rowgroup">
${entries.map((entry) => row(entry, now))}</tbody>
</table>`;
}

function row(entry: MailEntry, now: string): Markup {
  const { id, at, outcome, of, client, queueId, login, held, filter, event, milliseconds } = entry;
  return markup`<tr role="row">
<td role="cell" class="time"><a href="${messageLink(id)}">${moment(at, now)}</a>${
    milliseconds === undefined ? undefined : quiet(timeText(milliseconds / 1000))
  }</td>
<td role="cell" class="outcome"><span class="verdict ${outcome}">${OUTCOME_WORDS[outcome]}</span>${
    of === "connection" ? mark("connection") : undefined
  }${held === undefined ? undefined : mark("held", "warn")}${
    filter === undefined ? undefined : quiet(markup`<bdi>${filter}</bdi> at ${event}`)
  }</td>
<td role="cell" class="who">${shownSender(entry)}${recipientsOf(entry)}</td>
<td role="cell" class="client">${strangers(client, SHOWN_NAME)}${
    login === undefined ? undefined : quiet(markup`as ${strangers(login, SHOWN_NAME)}`)
  }${queueId === undefined ? undefined : quiet(strangers(queueId, SHOWN_NAME))}</td>
<td role="cell" class="found">${found(entry)}</td>
</tr>
`;
}

/** Renders the sender; that of bounces is empty. */
export function shownSender({ sender }: Pick<MailEntry, "sender">): Markup {
  return strangers(sender === "" ? "<>" : sender, SHOWN_ADDRESS);
}

function recipientsOf({ recipients, moreRecipients, refused, moreRefused }: MailEntry): Markup | undefined {
  const all = [
    ...recipients.map((recipient) => markup`${strangers(recipient, SHOWN_ADDRESS)}`),
    ...refused.map(({ recipient, outcome }) =>
      markup`${strangers(recipient, SHOWN_ADDRESS)} <span class="verdict ${outcome}">${
        OUTCOME_WORDS[outcome]
      }</span>`
    ),
  ];
  if (all.length === 0) return undefined;
  const shown = all.slice(0, SHOWN_RECIPIENTS).map((each, i) => markup`${i > 0 ? ", " : ""}${each}`);
  const left = all.length - shown.length + moreRecipients + moreRefused;
  return markup` <span class="to">to ${shown}${left > 0 ? quiet(`and ${left} more`) : undefined}</span>`;
}

/** The reply, errors, labels, and results of authentication in short. */
function found({ reply, labels, results, filters }: MailEntry): Markup {
  const errors = filters.filter(({ errors }) => errors.length > 0);
  const parts = [
    reply === undefined ? undefined : markup`<span class="reply">${strangers(reply)}</span> `,
    errors.map(({ name }) => markup`<span class="verdict reject">error in <bdi>${name}</bdi></span> `),
    labels.slice(0, SHOWN_LABELS).map((label) => mark(strangers(label, SHOWN_LABEL))),
    labels.length > SHOWN_LABELS ? quiet(`and ${labels.length - SHOWN_LABELS} more`) : undefined,
    results.length === 0 ? undefined : quiet(resultWords(results)),
  ];
  const nothing = reply === undefined && errors.length + labels.length + results.length === 0;
  return nothing ? markup`<span class="none">–</span>` : markup`${parts}`;
}

/** Such as `spf=pass dkim=fail`, each once. */
function resultWords(results: MailEntry["results"]): string {
  return [...new Set(results.map(({ method, result }) => `${method}=${result}`))].join(" ");
}

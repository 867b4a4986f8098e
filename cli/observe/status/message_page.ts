/**
 * Renders one message: the page at `/message`.
 *
 * @module
 */

import type { LogLine, MailEntry } from "../mail_log/entry.ts";
import { countText, timeText } from "./figures.ts";
import { logLink, messagesLink } from "./links.ts";
import { logTable } from "./log_table.ts";
import { type Content, type Markup, markup } from "./markup.ts";
import { shownSender } from "./message_table.ts";
import { mark } from "./moment.ts";
import type { ServiceState } from "./service_state.ts";
import { renderPage } from "./shell.ts";
import { quiet, strangers } from "./strangers.ts";
import { wayPart } from "./way_part.ts";
import { OUTCOME_WORDS } from "./words.ts";

/** What the page shows. */
export interface MessageView {
  /** The message; undefined if none is kept with this id. */
  readonly message: MailEntry | undefined;
  /** What to say if there is none. */
  readonly reason?: string;
  /** The lines of the log about it, oldest first. */
  readonly lines: readonly LogLine[];
  readonly service: ServiceState;
  /** The time, in milliseconds since 1970. */
  readonly now: number;
}

/** Renders the page. It does not refresh itself: nothing happens to a message that has ended. */
export function messagePage({ message, reason, lines, service, now }: MessageView): string {
  const common = { place: "messages", service, now, searchable: true, live: false } as const;
  if (!message) {
    return renderPage({
      ...common,
      title: "Milterkit: no such message",
      main: markup`<section aria-labelledby="message-title">
<div class="heading"><h2 id="message-title">No such message</h2></div>
<p class="nothing">${reason}. <a href="${messagesLink()}">Search messages</a></p>
</section>`,
      footer: undefined,
    });
  }
  const { id, of, queueId } = message;
  const what = of === "connection" ? "Connection" : "Message";
  return renderPage({
    ...common,
    title: `Milterkit: ${what.toLowerCase()} ${queueId ?? id}`,
    main: markup`<section id="message" aria-labelledby="message-title">
<div class="heading"><h2 id="message-title">${what} ${strangers(queueId ?? id)}</h2></div>
${facts(message)}
</section>
${wayPart(message, new Set(lines.map(({ id }) => id)))}
${linesPart(message, lines, new Date(now).toISOString())}`,
    footer: markup`As JSON: <a href="message.json?id=${encodeURIComponent(id)}">message.json</a>`,
  });
}

function facts(message: MailEntry): Markup {
  const { at, held, queueId, messageId, client, helo, login, tls, listener, sender, size, labels } = message;
  const rows: readonly (readonly [name: string, value: Content])[] = [
    ["Outcome", outcome(message)],
    ["Held", held === undefined ? undefined : strangers(held)],
    ["Ended", `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`],
    ["Took", message.milliseconds === undefined ? undefined : timeText(message.milliseconds / 1000)],
    ["From", sender === undefined ? undefined : searched({ from: sender || "<>" }, shownSender(message))],
    ["To", recipients(message)],
    ["Refused", refused(message)],
    ["Client", client === undefined ? undefined : searched({ client }, strangers(client))],
    ["HELO", helo === undefined ? undefined : strangers(helo)],
    ["Login", login === undefined ? undefined : searched({ login }, strangers(login))],
    ["TLS", tls === undefined ? undefined : strangers(tls)],
    ["Queue id", queueId === undefined ? undefined : searched({ id: queueId }, strangers(queueId))],
    ["Message-ID", messageId === undefined ? undefined : searched({ id: messageId }, strangers(messageId))],
    ["Size", size === undefined ? undefined : `${countText(size)} bytes`],
    ["Listener", listener === undefined ? undefined : strangers(listener)],
    [
      "Labels",
      labels.length === 0 ? undefined : labels.map((label) => searched({ label }, mark(strangers(label)))),
    ],
    ["Results", results(message)],
  ];
  return markup`<dl class="facts">
${
    rows.filter(([, value]) => value !== undefined).map(([name, value]) =>
      markup`<div><dt>${name}</dt><dd>${value}</dd></div>\n`
    )
  }</dl>${
    message.cut
      ? markup`\n<p class="nothing">Some details were not kept because there were too many; the log has all.</p>`
      : undefined
  }`;
}

function outcome({ outcome, reply, filter, event }: MailEntry): Markup {
  return markup`<span class="verdict ${outcome}"><b>${OUTCOME_WORDS[outcome]}</b></span>${
    reply === undefined ? undefined : markup` ${strangers(reply)}`
  }${filter === undefined ? undefined : quiet(markup`by <bdi>${filter}</bdi> at ${event}`)}`;
}

/** A link to all messages with the same value. */
function searched(words: Readonly<Record<string, string>>, shown: Content): Markup {
  return markup`<a href="${messagesLink(words)}" title="Search all messages for this">${shown}</a> `;
}

function recipients({ recipients, moreRecipients }: MailEntry): Content {
  if (recipients.length === 0) return undefined;
  return [
    ...recipients.map((to) => markup`<span class="line">${searched({ to }, strangers(to))}</span>`),
    moreRecipients > 0 ? quiet(`and ${countText(moreRecipients)} more`) : undefined,
  ];
}

function refused({ refused, moreRefused }: MailEntry): Content {
  if (refused.length === 0) return undefined;
  return [
    ...refused.map(({ recipient, outcome, filter, reply }) =>
      markup`<span class="line">${
        searched({ to: recipient }, strangers(recipient))
      }<span class="verdict ${outcome}">${OUTCOME_WORDS[outcome]}</span>${
        reply === undefined ? undefined : markup` ${strangers(reply)}`
      }${quiet(markup`by <bdi>${filter}</bdi>`)}</span>`
    ),
    moreRefused > 0 ? quiet(`and ${countText(moreRefused)} more`) : undefined,
  ];
}

function results({ results }: MailEntry): Content {
  if (results.length === 0) return undefined;
  return results.map(({ method, result, domain, selector, reason }) =>
    markup`<span class="line">${method}=<b>${result}</b>${
      domain === undefined ? undefined : markup` ${strangers(domain)}`
    }${selector === undefined ? undefined : quiet(markup`selector ${strangers(selector)}`)}${
      reason === undefined ? undefined : quiet(strangers(reason))
    }</span>`
  );
}

function linesPart({ queueId }: MailEntry, lines: readonly LogLine[], now: string): Markup {
  const search = queueId === undefined
    ? undefined
    : markup`; <a href="${logLink({ q: queueId })}">search the log for ${strangers(queueId)}</a>`;
  return markup`<section id="lines" aria-labelledby="lines-title">
<div class="heading"><h2 id="lines-title">Log</h2><p>other lines about it, oldest first${search}</p></div>
${
    lines.length === 0
      ? markup`<p class="nothing">The log has no other line about it, or it is no longer kept.</p>`
      : logTable(lines, { title: "lines-title", now, leadsToMessages: false })
  }
</section>`;
}

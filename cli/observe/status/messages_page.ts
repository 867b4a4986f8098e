/**
 * Renders the search for messages: the page at `/messages`.
 *
 * @module
 */

import type { MailEntry } from "../mail_log/entry.ts";
import type { KeptSummary, SearchResult } from "../mail_log/mail_log.ts";
import { clockText, countText } from "./figures.ts";
import { changedQuery, messagesLink } from "./links.ts";
import { type Markup, markup } from "./markup.ts";
import { messageTable } from "./message_table.ts";
import { type SearchField, searchForm, SINCE } from "./search_form.ts";
import type { ServiceState } from "./service_state.ts";
import { renderPage } from "./shell.ts";

/** What the page shows. */
export interface MessagesView {
  /** What was searched for. */
  readonly query: URLSearchParams;
  /** What was found, or what is wrong with the search. */
  readonly result: SearchResult<MailEntry> | string;
  readonly kept: KeptSummary;
  readonly service: ServiceState;
  /** The time, in milliseconds since 1970. */
  readonly now: number;
}

const OUTCOMES: SearchField = {
  name: "outcome",
  label: "Outcome",
  choices: [
    ["", "any"],
    ["accept", "accepted"],
    ["refused", "refused, or a recipient"],
    ["reject", "rejected"],
    ["tempfail", "deferred"],
    ["discard", "discarded"],
    ["abort", "aborted"],
    ["held", "held"],
    ["error", "with an error"],
  ],
};

/** Renders the page. */
export function messagesPage(view: MessagesView): string {
  const { query, service, now, kept } = view;
  return renderPage({
    title: "Milterkit: messages",
    place: "messages",
    service,
    now,
    searchable: true,
    // An older page of results stays as it is.
    live: query.get("before") === null,
    main: markup`<section aria-labelledby="search-title">
<div class="heading"><h2 id="search-title">Search messages</h2><p>${keptText(kept)}</p></div>
${searchForm("messages", fields(service), query)}
</section>
${resultsPart(view)}`,
    footer: markup`As JSON: <a href="${dataLink(query)}">messages.json</a>`,
  });
}

function fields({ listeners }: ServiceState): readonly SearchField[] {
  const names = [...new Set(listeners.flatMap(({ filters }) => filters.map(({ name }) => name)))];
  return [
    { name: "q", label: "Anything", hint: "words that must all occur", wide: true },
    { name: "from", label: "From", hint: "address, part of it, <>" },
    { name: "to", label: "To", hint: "address, part of it" },
    { name: "client", label: "Client", hint: "192.0.2.0/24" },
    { name: "login", label: "Login" },
    { name: "id", label: "Id", hint: "queue id or Message-ID" },
    { name: "filter", label: "Filter", hint: "that did something", proposals: names },
    { name: "label", label: "Label" },
    OUTCOMES,
    SINCE,
  ];
}

function keptText({ messages, most, oldest, missed }: KeptSummary): string {
  if (most === 0) return "none are kept: --status-messages is 0";
  if (oldest === null) return `none yet; the last ${countText(most)} are kept`;
  const some = messages === 1 ? "1 is" : `${countText(messages)} are`;
  return `${some} kept, since ${oldest.slice(0, 10)} ${clockText(oldest)} UTC${
    missed > 0 ? `; ${countText(missed)} came too fast to be kept` : ""
  }`;
}

function resultsPart({ query, result, now, kept }: MessagesView): Markup {
  return markup`<section id="results" class="part" aria-labelledby="results-title">
<div class="heading"><h2 id="results-title">${headline(result)}</h2><p>times in UTC, newest first</p></div>
${typeof result === "string" ? undefined : results(query, result, new Date(now).toISOString(), kept)}
</section>`;
}

function headline(result: MessagesView["result"]): string {
  if (typeof result === "string") return `Invalid search: ${result}`;
  const { found, before } = result;
  if (found.length === 0) return "No message found";
  const count = found.length === 1 ? "1 message" : `${countText(found.length)} messages`;
  return before === undefined ? count : `${count}, and there are older ones`;
}

function results(
  query: URLSearchParams,
  { found, before }: SearchResult<MailEntry>,
  now: string,
  { most }: KeptSummary,
): Markup {
  if (found.length === 0) {
    const hint = most === 0
      ? "Set --status-messages to keep messages."
      : "Only the latest messages since the last start are kept; the log has all.";
    return markup`<p class="nothing">${hint}</p>`;
  }
  const pages = [
    query.get("before") === null
      ? undefined
      : markup`<a href="${changedQuery(query, { before: undefined })}">Newest</a> `,
    before === undefined
      ? undefined
      : markup`<a href="${changedQuery(query, { before })}" rel="next">Older</a>`,
  ];
  return markup`${messageTable(found, "results-title", now)}
<p class="pages">${pages}</p>`;
}

function dataLink(query: URLSearchParams): string {
  return messagesLink(Object.fromEntries(query)).replace("messages", "messages.json");
}

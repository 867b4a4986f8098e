/**
 * Renders the last lines of the log: the page at `/log`.
 *
 * @module
 */

import type { LogLine } from "../mail_log/entry.ts";
import type { SearchResult } from "../mail_log/mail_log.ts";
import { countText } from "./figures.ts";
import { changedQuery, logLink } from "./links.ts";
import { logTable } from "./log_table.ts";
import { type Markup, markup } from "./markup.ts";
import { type SearchField, searchForm, SINCE } from "./search_form.ts";
import type { ServiceState } from "./service_state.ts";
import { renderPage } from "./shell.ts";

/** What the page shows. */
export interface LogView {
  /** What was searched for. */
  readonly query: URLSearchParams;
  /** What was found, or what is wrong with the search. */
  readonly result: SearchResult<LogLine> | string;
  readonly service: ServiceState;
  /** The time, in milliseconds since 1970. */
  readonly now: number;
}

const FIELDS: readonly SearchField[] = [
  { name: "q", label: "Anything", hint: "words that must all occur", wide: true },
  { name: "id", label: "Id", hint: "queue id" },
  { name: "filter", label: "Filter" },
  {
    name: "level",
    label: "Level",
    choices: [["", "any"], ["warning,error", "warnings and errors"], ["error", "errors"], ["info", "info"]],
  },
  SINCE,
];

/** Renders the page. */
export function logPage(view: LogView): string {
  const { query, service, now } = view;
  return renderPage({
    title: "Milterkit: log",
    place: "log",
    service,
    now,
    searchable: true,
    live: query.get("before") === null,
    main: markup`<section aria-labelledby="search-title">
<div class="heading"><h2 id="search-title">Search the log</h2><p>the last lines since the start, except those that only sum up a message</p></div>
${searchForm("log", FIELDS, query)}
</section>
${resultsPart(view)}`,
    footer: markup`As JSON: <a href="${
      logLink(Object.fromEntries(query)).replace("log", "log.json")
    }">log.json</a>`,
  });
}

function resultsPart({ query, result, now }: LogView): Markup {
  const title = typeof result === "string"
    ? `Invalid search: ${result}`
    : result.found.length === 0
    ? "No line found"
    : `${result.found.length === 1 ? "1 line" : `${countText(result.found.length)} lines`}${
      result.before === undefined ? "" : ", and there are older ones"
    }`;
  return markup`<section id="results" class="part" aria-labelledby="results-title">
<div class="heading"><h2 id="results-title">${title}</h2><p>times in UTC, newest first</p></div>
${typeof result === "string" || result.found.length === 0 ? undefined : results(query, result, now)}
</section>`;
}

function results(query: URLSearchParams, { found, before }: SearchResult<LogLine>, now: number): Markup {
  const older = before === undefined
    ? undefined
    : markup`<a href="${changedQuery(query, { before })}" rel="next">Older</a>`;
  const table = logTable(found, {
    title: "results-title",
    now: new Date(now).toISOString(),
    leadsToMessages: true,
  });
  return markup`${table}
<p class="pages">${older}</p>`;
}

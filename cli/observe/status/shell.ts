/**
 * Renders what all pages have: head, navigation, a search field, the script.
 *
 * @module
 */

import { durationText } from "./figures.ts";
import { logLink, messagesLink } from "./links.ts";
import { LIVE_SCRIPT } from "./live_script.ts";
import { type Content, Markup, markup } from "./markup.ts";
import type { ServiceState } from "./service_state.ts";
import { STYLE } from "./style.ts";

/** The pages that the navigation leads to. */
export type PagePlace = "overview" | "messages" | "log";

/** A page. */
export interface Page {
  readonly title: string;
  /** Where it is in the navigation. */
  readonly place: PagePlace;
  /** The service that it is about. */
  readonly service: Pick<ServiceState, "version" | "startedAt" | "phase">;
  /** The time, in milliseconds since 1970. */
  readonly now: number;
  /** Whether messages are kept, so that there is something to search. */
  readonly searchable: boolean;
  /** Whether it refreshes itself. */
  readonly live: boolean;
  /** Whether it also does so without its script; not with a form that somebody may be filling in. */
  readonly reloads?: boolean;
  /** What the heading has besides. */
  readonly controls?: Content;
  readonly main: Content;
  readonly footer: Content;
}

/** The icon of the browser's tab: an envelope. */
const ICON = "data:image/svg+xml," + encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">` +
    `<rect x="1" y="3" width="14" height="10" rx="2" fill="#2f6db3"/>` +
    `<path d="M2.5 5 8 9l5.5-4" fill="none" stroke="#fff" stroke-width="1.5"/></svg>`,
);

/** Renders a page. Each part has an id, by which the script finds its next version. */
export function renderPage(page: Page): string {
  const { title, service, place, searchable, controls, main, footer } = page;
  const uptime = durationText(Math.max(0, page.now - service.startedAt) / 1000);
  const reload = page.reloads
    ? markup`\n<noscript><meta http-equiv="refresh" content="10"></noscript>`
    : undefined;
  const live = page.live
    ? markup`\n<p class="refresh"><span id="live" role="status"></span> <button type="button" id="pause" hidden>Pause</button></p>`
    : undefined;
  return markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Milterkit ${service.version}">
<meta name="robots" content="noindex">
<link rel="icon" href="${ICON}">${reload}
<style>${new Markup(STYLE)}</style>
</head>
<body>
<header>
<h1>Milterkit</h1>
<p id="service" class="part">${service.version}, ${service.phase}, up ${uptime}</p>${
    searchable ? navigation(place) : undefined
  }${searchable && place === "overview" ? SEARCH_FIELD : undefined}${controls}${live}
</header>
<main>
${main}
</main>
<footer><p>${footer}</p></footer>
<p id="tip" role="status" hidden></p>
<p id="told" role="status" class="unseen"></p>
<script>${new Markup(LIVE_SCRIPT)}</script>
</body>
</html>
`.text;
}

/** "./" is the overview: an empty address would be this page with its query. */
const PLACES: readonly (readonly [place: PagePlace, name: string, link: string])[] = [
  ["overview", "Overview", "./"],
  ["messages", "Messages", messagesLink()],
  ["log", "Log", logLink()],
];

function navigation(current: PagePlace): Markup {
  return markup`\n<nav aria-label="Pages">${
    PLACES.map(([place, name, link]) =>
      markup`<a href="${link}"${place === current ? markup` aria-current="page"` : undefined}>${name}</a>`
    )
  }</nav>`;
}

const SEARCH_FIELD =
  markup`\n<form class="find" action="messages" role="search"><input type="search" name="q" maxlength="300" placeholder="Address, client, queue id …" aria-label="Search messages"></form>`;

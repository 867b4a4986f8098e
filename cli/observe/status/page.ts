/**
 * Renders the status page.
 *
 * @module
 */

import { authenticationPart } from "./authentication_part.ts";
import { durationText } from "./figures.ts";
import { filtersPart } from "./filters_part.ts";
import { headlinePart } from "./headline_part.ts";
import { listenersPart } from "./listeners_part.ts";
import { limitsPart } from "./limits_part.ts";
import { LIVE_SCRIPT } from "./live_script.ts";
import { Markup, markup } from "./markup.ts";
import { refusalsPart } from "./refusals_part.ts";
import type { StatusReport } from "./status_report.ts";
import { STYLE } from "./style.ts";
import { trafficPart } from "./traffic_part.ts";
import { troublePart } from "./trouble_part.ts";

/** The periods that the page offers, in minutes. */
export const PERIODS: readonly number[] = [5, 15, 30];

/** The icon of the browser's tab: an envelope. */
const ICON = "data:image/svg+xml," + encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">` +
    `<rect x="1" y="3" width="14" height="10" rx="2" fill="#2f6db3"/>` +
    `<path d="M2.5 5 8 9l5.5-4" fill="none" stroke="#fff" stroke-width="1.5"/></svg>`,
);

/** Renders the page. Each part has an id, by which the script finds its next version. */
export function statusPage(report: StatusReport): string {
  const { service, period } = report;
  const page = markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title(report)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Milterkit ${service.version}">
<meta name="robots" content="noindex">
<link rel="icon" href="${ICON}">
<noscript><meta http-equiv="refresh" content="10"></noscript>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<header>
<h1>Milterkit</h1>
<p id="service" class="part">${service.version}, ${service.phase}, up ${
    durationText(service.uptimeSeconds)
  }</p>
<nav aria-label="How far to look back">${PERIODS.map((minutes) => periodLink(minutes, period.minutes))}</nav>
<p class="refresh"><span id="live" role="status"></span> <button type="button" id="pause" hidden>Pause</button></p>
</header>
<main>
${troublePart(report)}
${headlinePart(report)}
${trafficPart(report)}
${filtersPart(report)}
${authenticationPart(report)}
${limitsPart(report)}
${refusalsPart(report)}
${listenersPart(report)}
</main>
<footer><p>The same as data: <a href="status.json?minutes=${period.minutes}">status.json</a></p></footer>
<script>${new Markup(LIVE_SCRIPT)}</script>
</body>
</html>
`;
  return page.text;
}

/** Returns the title, which shows the most important figure even in an inactive tab. */
function title({ messages, service }: StatusReport): string {
  if (service.phase !== "running") return `Milterkit: ${service.phase}`;
  return `Milterkit: ${messages.lastMinute} a minute`;
}

function periodLink(minutes: number, current: number): Markup {
  const mark = minutes === current ? markup` aria-current="true"` : undefined;
  return markup`<a href="?minutes=${minutes}"${mark}>${minutes} min</a>`;
}

/**
 * Renders the overview: the page at `/`.
 *
 * @module
 */

import { authenticationPart } from "./authentication_part.ts";
import { filtersPart } from "./filters_part.ts";
import { headlinePart } from "./headline_part.ts";
import { latestPart } from "./latest_part.ts";
import { limitsPart } from "./limits_part.ts";
import { listenersPart } from "./listeners_part.ts";
import type { MailOverview } from "./mail_overview.ts";
import { type Markup, markup } from "./markup.ts";
import { refusalGroupsPart } from "./refusal_groups_part.ts";
import { refusalsPart } from "./refusals_part.ts";
import { renderPage } from "./shell.ts";
import type { StatusReport } from "./status_report.ts";
import { trafficPart } from "./traffic_part.ts";
import { troublePart } from "./trouble_part.ts";
import { warningsPart } from "./warnings_part.ts";

/** The periods that the page offers, in minutes. */
export const PERIODS: readonly number[] = [5, 15, 30];

/**
 * Renders the page.
 *
 * @param report what happened
 * @param mail the last messages and lines of the log; undefined if none are kept
 */
export function statusPage(report: StatusReport, mail: MailOverview | undefined): string {
  const { period, service } = report;
  return renderPage({
    title: title(report),
    place: "overview",
    service: { ...service, startedAt: Date.parse(service.startedAt) },
    now: Date.parse(report.time),
    searchable: mail !== undefined,
    live: true,
    reloads: true,
    controls: markup`\n<nav aria-label="How far to look back">${
      PERIODS.map((minutes) => periodLink(minutes, period.minutes))
    }</nav>`,
    main: markup`${troublePart(report)}
${headlinePart(report, mail !== undefined)}
${trafficPart(report)}
${filtersPart(report, mail !== undefined)}
${mail ? [warningsPart(mail), refusalGroupsPart(mail, report), latestPart(mail)] : refusalsPart(report)}
${authenticationPart(report)}
${limitsPart(report)}
${listenersPart(report)}`,
    footer: markup`As JSON: ${dataLinks(period.minutes, mail !== undefined)}`,
  });
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

function dataLinks(minutes: number, hasMail: boolean): Markup {
  const mail = hasMail
    ? markup`, <a href="refusals.json?since=${minutes}m">refusals.json</a>, <a href="messages.json">messages.json</a>, <a href="log.json">log.json</a>`
    : undefined;
  return markup`<a href="status.json?minutes=${minutes}">status.json</a>${mail}`;
}

/**
 * Builds the responses for the pages and the data of the first, with headers that restrict what a browser may do with them.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { MailLog } from "../mail_log/mail_log.ts";
import { QueryError, readId, readLineQuery, readMailQuery } from "../mail_log/query.ts";
import { NOT_KEPT } from "../mail_log/routes.ts";
import { badRequest, jsonAnswer, PRIVATE_HEADERS, type PrivateAnswer } from "../private_route.ts";
import { HISTORY_MINUTES } from "./history.ts";
import { LIVE_SCRIPT } from "./live_script.ts";
import { logPage } from "./log_page.ts";
import { mailOverview } from "./mail_overview.ts";
import { messagePage } from "./message_page.ts";
import { messagesPage } from "./messages_page.ts";
import { PERIODS, statusPage } from "./page.ts";
import type { ServiceState } from "./service_state.ts";
import type { StatusReport } from "./status_report.ts";
import { STYLE } from "./style.ts";

/** What the pages are made from. */
export interface PageSource {
  /** Makes a report on the last minutes. */
  report(minutes: number): StatusReport;
  /** The state of the service. */
  service(): ServiceState;
  /** The messages and lines of the log that are kept. */
  readonly log: MailLog;
  /** Returns the time, in milliseconds since 1970. */
  now(): number;
}

/**
 * Allows only the pages' own style and script, by their hashes, so that injected code cannot run, and searches only here.
 */
const PAGE_POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(STYLE)}'`,
  `script-src '${hashOf(LIVE_SCRIPT)}'`,
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * Returns the overview.
 *
 * @param query the query of the URL: `minutes`, from 1 to {@linkcode HISTORY_MINUTES}; without it, as far back as there are
 * figures
 * @param source what there is to show
 */
export function pageAnswer(query: URLSearchParams, { report, log, now }: PageSource): PrivateAnswer {
  const asked = minutesOf(query);
  if (asked === undefined) return badMinutes();
  const whole = report(asked);
  const minutes = query.has("minutes") ? asked : sinceStart(whole);
  return htmlAnswer(
    statusPage(minutes === asked ? whole : report(minutes), mailOverview(log, minutes, now())),
  );
}

/** Returns the shortest period of the page in which there is everything that was counted. */
function sinceStart({ period }: StatusReport): number {
  const counted = (period.minutes * 60 / period.sliceSeconds - period.missingSlices) * period.sliceSeconds;
  return PERIODS.find((minutes) => counted < minutes * 60) ?? period.minutes;
}

/**
 * Returns the report of the overview as JSON.
 *
 * @param query the query of the URL: `minutes`, from 1 to {@linkcode HISTORY_MINUTES}
 * @param source what there is to show
 */
export function dataAnswer(query: URLSearchParams, { report }: Pick<PageSource, "report">): PrivateAnswer {
  const minutes = minutesOf(query);
  if (minutes === undefined) return badMinutes();
  return jsonAnswer(report(minutes));
}

/**
 * Returns the search for messages.
 *
 * @param query the query of the URL: what to search for; empty for all
 * @param source what there is to search
 */
export function messagesAnswer(query: URLSearchParams, { log, service, now }: PageSource): PrivateAnswer {
  const time = now();
  const result = found(() => log.search(readMailQuery(query, time)));
  const page = messagesPage({ query, result, kept: log.kept, service: service(), now: time });
  return htmlAnswer(page, typeof result === "string" ? 400 : 200);
}

/**
 * Returns the search for lines of the log.
 *
 * @param query the query of the URL: what to search for; empty for all
 * @param source what there is to search
 */
export function logAnswer(query: URLSearchParams, { log, service, now }: PageSource): PrivateAnswer {
  const time = now();
  const result = found(() => log.lines(readLineQuery(query, time)));
  const page = logPage({ query, result, service: service(), now: time });
  return htmlAnswer(page, typeof result === "string" ? 400 : 200);
}

/**
 * Returns the page of one message.
 *
 * @param query the query of the URL: `id`, of an entry or of the MTA's queue
 * @param source where to look for it
 */
export function messageAnswer(query: URLSearchParams, { log, service, now }: PageSource): PrivateAnswer {
  const common = { service: service(), now: now() };
  const id = found(() => ({ is: readId(query) }));
  if (typeof id === "string") {
    return htmlAnswer(messagePage({ ...common, message: undefined, reason: id, lines: [] }), 400);
  }
  const message = log.message(id.is);
  if (!message) {
    return htmlAnswer(messagePage({ ...common, message, reason: NOT_KEPT, lines: [] }), 404);
  }
  return htmlAnswer(messagePage({ ...common, message, lines: log.linesOf(message) }));
}

/** Returns what is found, or what is wrong with the question. */
function found<T extends object>(search: () => T): T | string {
  try {
    return search();
  } catch (error) {
    if (error instanceof QueryError) return error.message;
    throw error;
  }
}

function htmlAnswer(body: string, status = 200): PrivateAnswer {
  return {
    status,
    headers: {
      ...PRIVATE_HEADERS,
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": PAGE_POLICY,
      "X-Frame-Options": "DENY",
    },
    body,
  };
}

function minutesOf(query: URLSearchParams): number | undefined {
  const text = query.get("minutes");
  if (text === null) return PERIODS.at(-1);
  const minutes = Number(text);
  return /^\d{1,2}$/.test(text) && minutes >= 1 && minutes <= HISTORY_MINUTES ? minutes : undefined;
}

function badMinutes(): PrivateAnswer {
  return badRequest(`minutes must be a number from 1 to ${HISTORY_MINUTES}`);
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

/**
 * Builds the responses for the status page and its data, with headers that restrict what a browser may do with them.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { badRequest, jsonAnswer, PRIVATE_HEADERS, type PrivateAnswer } from "../private_route.ts";
import { HISTORY_MINUTES } from "./history.ts";
import { LIVE_SCRIPT } from "./live_script.ts";
import { PERIODS, statusPage } from "./page.ts";
import type { StatusReport } from "./status_report.ts";
import { STYLE } from "./style.ts";

/** Makes a report on the last minutes. */
export type MakeReport = (minutes: number) => StatusReport;

/** Allows only the page's own style and script, by their hashes, so that injected code cannot run. */
const PAGE_POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(STYLE)}'`,
  `script-src '${hashOf(LIVE_SCRIPT)}'`,
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * Returns the page.
 *
 * @param query the query of the URL: `minutes`, from 1 to {@linkcode HISTORY_MINUTES}
 * @param report makes the report to show
 */
export function pageAnswer(query: URLSearchParams, report: MakeReport): PrivateAnswer {
  const minutes = minutesOf(query);
  if (minutes === undefined) return badMinutes();
  return {
    status: 200,
    headers: {
      ...PRIVATE_HEADERS,
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": PAGE_POLICY,
      "X-Frame-Options": "DENY",
    },
    body: statusPage(report(minutes)),
  };
}

/**
 * Returns the same report as JSON.
 *
 * @param query the query of the URL: `minutes`, from 1 to {@linkcode HISTORY_MINUTES}
 * @param report makes the report
 */
export function dataAnswer(query: URLSearchParams, report: MakeReport): PrivateAnswer {
  const minutes = minutesOf(query);
  if (minutes === undefined) return badMinutes();
  return jsonAnswer(report(minutes));
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

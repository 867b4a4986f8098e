/**
 * Serves the status page at `/`, and its data at `/status.json`.
 *
 * @module
 */

import { type HttpRoute, send } from "../http_route.ts";
import { dataAnswer, type MakeReport, pageAnswer, type StatusAnswer } from "./answers.ts";
import { isAllowedHost } from "./host_check.ts";
import type { History } from "./history.ts";
import { type ServiceFacts, serviceState } from "./service_facts.ts";
import { statusReport } from "./status_report.ts";

/** The source of the service's state. */
export interface StatusSource extends ServiceFacts {
  /** Updates the counts. */
  collect(): Promise<void>;
}

/**
 * Returns the routes for both paths.
 *
 * @param history the history
 * @param source queried at each request
 */
export function statusRoutes(history: History, source: StatusSource): readonly HttpRoute[] {
  const report: MakeReport = (minutes) => statusReport(history, serviceState(source), minutes);
  const route = (
    path: string,
    about: string,
    answerTo: (query: URLSearchParams, report: MakeReport) => StatusAnswer,
  ): HttpRoute => ({
    path,
    about,
    async answer({ url = "", socket, headers: { host } }, response) {
      if (!isAllowedHost(socket.localAddress, host)) return send(response, 421, PLAIN, WRONG_NAME);
      await source.collect();
      const { status, headers, body } = answerTo(queryOf(url), report);
      response.writeHead(status, { ...headers, "Content-Length": new TextEncoder().encode(body).length });
      response.end(body);
    },
  });
  return [
    route("/", "the status page, for browsers", pageAnswer),
    route("/status.json", "the same as JSON", dataAnswer),
  ];
}

const PLAIN = "text/plain; charset=utf-8";
const WRONG_NAME = "Request this page as localhost or by its IP address. " +
  "A web server in front of it must not forward the original Host header.\n";

function queryOf(url: string): URLSearchParams {
  const start = url.indexOf("?");
  return new URLSearchParams(start < 0 ? "" : url.slice(start));
}

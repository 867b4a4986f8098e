/**
 * `/` and `/status.json`, of what is observed.
 *
 * @module
 */

import { type HttpRoute, send } from "../http_route.ts";
import { dataAnswer, type MakeReport, pageAnswer, type StatusAnswer } from "./answers.ts";
import { isAllowedHost } from "./host_check.ts";
import type { History } from "./history.ts";
import { type ServiceFacts, serviceState } from "./service_facts.ts";
import { statusReport } from "./status_report.ts";

/** What can be asked for how it stands. */
export interface StatusSource extends ServiceFacts {
  /** Has all that happened until now counted. */
  collect(): Promise<void>;
}

/**
 * The two paths.
 *
 * @param history what happened
 * @param source asked at each request
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
    route("/", "what happened in the last minutes, to look at", pageAnswer),
    route("/status.json", "the same as data", dataAnswer),
  ];
}

const PLAIN = "text/plain; charset=utf-8";
const WRONG_NAME = "Ask for this page as localhost or by its IP address. " +
  "A web server in front of it must not pass on the name by which it was asked itself.\n";

function queryOf(url: string): URLSearchParams {
  const start = url.indexOf("?");
  return new URLSearchParams(start < 0 ? "" : url.slice(start));
}

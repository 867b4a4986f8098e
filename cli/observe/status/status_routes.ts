/**
 * Serves the pages, and the data of the overview at `/status.json`.
 *
 * @module
 */

import type { HttpRoute } from "../http_route.ts";
import type { MailLog } from "../mail_log/mail_log.ts";
import { type PrivateAnswer, privateRoute } from "../private_route.ts";
import {
  dataAnswer,
  logAnswer,
  messageAnswer,
  messagesAnswer,
  pageAnswer,
  type PageSource,
} from "./answers.ts";
import type { History } from "./history.ts";
import { type ServiceFacts, serviceState } from "./service_facts.ts";
import { statusReport } from "./status_report.ts";

/** The source of the service's state. */
export interface StatusSource extends ServiceFacts {
  /** Updates the counts. */
  collect(): Promise<void>;
}

/**
 * Returns the routes.
 *
 * @param history the history
 * @param log the messages and lines of the log that are kept
 * @param source queried at each request
 */
export function statusRoutes(history: History, log: MailLog, source: StatusSource): readonly HttpRoute[] {
  const service = () => serviceState(source);
  return pageRoutes(
    { report: (minutes) => statusReport(history, service(), minutes), service, log, now: Date.now },
    () => source.collect(),
  );
}

/**
 * Returns the routes for what there is to show.
 *
 * @param source what there is to show
 * @param collect called before each answer
 */
export function pageRoutes(source: PageSource, collect: () => Promise<void>): readonly HttpRoute[] {
  const route = (
    path: string,
    about: string,
    answerTo: (query: URLSearchParams, source: PageSource) => PrivateAnswer,
  ) => privateRoute(path, about, collect, (query) => answerTo(query, source));
  return [
    route("/", "the status page, for browsers", pageAnswer),
    route("/status.json", "its figures as JSON", dataAnswer),
    route("/messages", "a search for messages, for browsers", messagesAnswer),
    route("/message", "one message, for browsers", messageAnswer),
    route("/log", "the last lines of the log, for browsers", logAnswer),
  ];
}

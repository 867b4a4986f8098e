/**
 * Serves the status page at `/`, and its data at `/status.json`.
 *
 * @module
 */

import type { HttpRoute } from "../http_route.ts";
import { privateRoute } from "../private_route.ts";
import { dataAnswer, type MakeReport, pageAnswer } from "./answers.ts";
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
  const collect = () => source.collect();
  return [
    privateRoute("/", "the status page, for browsers", collect, (query) => pageAnswer(query, report)),
    privateRoute("/status.json", "the same as JSON", collect, (query) => dataAnswer(query, report)),
  ];
}

/**
 * Metrics of results of authentication.
 *
 * @module
 */

import { RESULTS_OF_METHODS } from "../../../lib/auth/authentication_results.ts";
import { byKey, type Metric, withZeros } from "./metric.ts";

/** Metrics of results of authentication. */
export const AUTHENTICATION_METRICS: readonly Metric[] = [
  {
    name: "milterkit_authentication_results_total",
    type: "counter",
    help:
      "Results of authentication, by method (spf, dkim, dmarc and others), whichever filter or milter gave them.",
    labels: ["method", "result"],
    values: ({ totals }) =>
      Object.entries(totals.mail.auth.results).flatMap(([method, counts]) =>
        byKey("result", withZeros(RESULTS_OF_METHODS[method] ?? [], counts), { method })
      ),
  },
];

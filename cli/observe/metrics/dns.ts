/**
 * Metrics of DNS.
 *
 * @module
 */

import { byKey, histogram, type Metric, single } from "./metric.ts";

/** Metrics of DNS: what filters such as dkim-check ask name servers. */
export const DNS_METRICS: readonly Metric[] = [
  single(
    "counter",
    "milterkit_dns_cache_hits_total",
    "Questions whose answer was at hand.",
    ({ totals }) => totals.dns.cached,
  ),
  {
    name: "milterkit_dns_lookups_total",
    type: "counter",
    help:
      "Questions that went to the network, by result: found, nxdomain, nodata, servfail, refused, timeout, " +
      "malformed, network.",
    labels: ["result"],
    values: ({ totals }) => byKey("result", totals.dns.lookups),
  },
  {
    name: "milterkit_dns_queries_total",
    type: "counter",
    help: "Messages to name servers, with those that were sent again.",
    labels: ["transport"],
    values: ({ totals }) => byKey("transport", totals.dns.queries),
  },
  {
    name: "milterkit_dns_lookup_duration_seconds",
    type: "histogram",
    help: "Time until a question that went to the network had its answer.",
    labels: [],
    values: ({ totals }) => histogram("milterkit_dns_lookup_duration_seconds", {}, totals.dns.time),
  },
];

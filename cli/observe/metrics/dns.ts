/**
 * Metrics of DNS.
 *
 * @module
 */

import { byKey, histogram, type Metric, single } from "./metric.ts";

/** Metrics of DNS lookups by filters such as dkim-check. */
export const DNS_METRICS: readonly Metric[] = [
  single(
    "counter",
    "milterkit_dns_cache_hits_total",
    "Lookups answered from the cache.",
    ({ totals }) => totals.dns.cached,
  ),
  {
    name: "milterkit_dns_lookups_total",
    type: "counter",
    help:
      "Lookups that went to the network, by result: found, nxdomain, nodata, servfail, refused, timeout, " +
      "malformed, network.",
    labels: ["result"],
    values: ({ totals }) => byKey("result", totals.dns.lookups),
  },
  {
    name: "milterkit_dns_queries_total",
    type: "counter",
    help: "Queries sent to name servers, including retries.",
    labels: ["transport"],
    values: ({ totals }) => byKey("transport", totals.dns.queries),
  },
  {
    name: "milterkit_dns_lookup_duration_seconds",
    type: "histogram",
    help: "Duration of lookups that went to the network.",
    labels: [],
    values: ({ totals }) => histogram("milterkit_dns_lookup_duration_seconds", {}, totals.dns.time),
  },
];

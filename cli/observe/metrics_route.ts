/**
 * Serves `/metrics`, in the text format of Prometheus.
 *
 * @module
 */

import { AggregatorRegistry } from "prom-client";
import { type HttpRoute, send } from "./http_route.ts";
import { METRICS } from "./metrics/all.ts";
import { customMetrics } from "./metrics/custom.ts";
import type { MetricSource } from "./metrics/metric.ts";

/** A source of metrics that can be updated. */
export interface UpdatableSource extends MetricSource {
  /** Updates the source. */
  collect(): Promise<void>;
}

/** Returns the route. */
export function metricsRoute(source: UpdatableSource): HttpRoute {
  return {
    path: "/metrics",
    about: "metrics for Prometheus",
    async answer(_request, response) {
      await source.collect();
      const { contentType, text } = await metricsText(source);
      send(response, 200, contentType, text);
    },
  };
}

/** Returns all metrics in the text format of Prometheus. */
export async function metricsText(source: MetricSource): Promise<{ contentType: string; text: string }> {
  // Use the client library's aggregation, which accepts complete counts from other processes; its own counters could only
  // be incremented.
  const families = [...METRICS, ...customMetrics(source)].map(({ name, type, help, values }) => ({
    name,
    type,
    help,
    values: values(source),
    aggregator: "first",
  }));
  const registry = AggregatorRegistry.aggregate([families]);
  return { contentType: registry.contentType, text: await registry.metrics() };
}

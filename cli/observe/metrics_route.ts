/**
 * `/metrics`: figures for Prometheus, in its text format.
 *
 * @module
 */

import { AggregatorRegistry } from "prom-client";
import { type HttpRoute, send } from "./http_route.ts";
import { METRICS } from "./metrics/all.ts";
import type { MetricSource } from "./metrics/metric.ts";

/** What can be asked for figures. */
export interface Figures extends MetricSource {
  /** Brings them to what is so now. */
  collect(): Promise<void>;
}

/** The path. */
export function metricsRoute(figures: Figures): HttpRoute {
  return {
    path: "/metrics",
    about: "figures for Prometheus",
    async answer(_request, response) {
      await figures.collect();
      const { contentType, text } = await metricsText(figures);
      send(response, 200, contentType, text);
    },
  };
}

/** All figures, as Prometheus reads them. */
export async function metricsText(source: MetricSource): Promise<{ contentType: string; text: string }> {
  // Counts come ready from other processes. The client library's own counters would want them one by one, so this is
  // its way for such counts.
  const families = METRICS.map(({ name, type, help, values }) => ({
    name,
    type,
    help,
    values: values(source),
    aggregator: "first",
  }));
  const registry = AggregatorRegistry.aggregate([families]);
  return { contentType: registry.contentType, text: await registry.metrics() };
}

/**
 * Metrics of filters, labelled with their names.
 *
 * @module
 */

import { type FilterCounts, partsOfVerdictKey } from "../mail_counts.ts";
import { byKey, histogram, type Metric, type MetricSource, type Sample } from "./metric.ts";

/** Returns a function that collects the values of all filters. */
function ofEach(
  values: (filter: string, counts: FilterCounts) => readonly Sample[],
): (source: MetricSource) => Sample[] {
  return ({ totals }) =>
    Object.entries(totals.mail.filters).flatMap(([name, counts]) => values(name, counts));
}

/** Metrics of filters. */
export const FILTER_METRICS: readonly Metric[] = [
  {
    name: "milterkit_filter_messages_total",
    type: "counter",
    help: "Messages that a filter took part in.",
    labels: ["filter"],
    values: ofEach((filter, { messages }) => [{ labels: { filter }, value: messages }]),
  },
  {
    name: "milterkit_filter_verdicts_total",
    type: "counter",
    help:
      "Verdicts that refuse mail (reject, tempfail, discard), by event; for a dry run, those that it would have given.",
    labels: ["filter", "event", "verdict"],
    values: ofEach((filter, { verdicts }) =>
      Object.entries(verdicts).map(([key, value]) => {
        const { event, kind: verdict } = partsOfVerdictKey(key);
        return { labels: { filter, event, verdict }, value };
      })
    ),
  },
  {
    name: "milterkit_filter_errors_total",
    type: "counter",
    help: "Failures of a filter (it threw, took too long, or gave an invalid answer), by event.",
    labels: ["filter", "event"],
    values: ofEach((filter, { errors }) => byKey("event", errors, { filter })),
  },
  {
    name: "milterkit_filter_changes_total",
    type: "counter",
    help: "Changes to messages, by kind; for a dry run, those that it would have made.",
    labels: ["filter", "change"],
    values: ofEach((filter, { changes }) => byKey("change", changes, { filter })),
  },
  {
    name: "milterkit_filter_duration_seconds",
    type: "histogram",
    help: "Time that a filter took for a message, over all its events.",
    labels: ["filter"],
    values: ofEach((filter, { time }) => histogram("milterkit_filter_duration_seconds", { filter }, time)),
  },
  {
    name: "milterkit_filter_dry_run",
    type: "gauge",
    help: "1 if a filter's verdicts and changes are only logged.",
    labels: ["filter"],
    values: ofEach((filter, { dryRun }) => [{ labels: { filter }, value: dryRun ? 1 : 0 }]),
  },
];

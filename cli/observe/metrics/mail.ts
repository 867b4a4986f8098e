/**
 * Metrics of connections and messages.
 *
 * @module
 */

import { LIMIT_OPTIONS, limitLabel } from "../../options/limit_options.ts";
import { OUTCOMES } from "../mail_counts.ts";
import { byKey, histogram, type Metric, type MetricSource, single, withZeros } from "./metric.ts";

/** Returns the number of events of a type. */
const eventCount = ({ totals }: MetricSource, type: string): number => totals.mail.events[type] ?? 0;

/** Metrics of connections and messages. */
export const MAIL_METRICS: readonly Metric[] = [
  single(
    "gauge",
    "milterkit_connections_open",
    "Open connections of MTAs.",
    (source) => source.connections,
  ),
  single(
    "counter",
    "milterkit_connections_total",
    "Accepted connections.",
    (source) => eventCount(source, "connected"),
  ),
  single(
    "counter",
    "milterkit_connections_refused_total",
    "Connections that a filter refused at connect or helo.",
    (source) => eventCount(source, "refused"),
  ),
  single(
    "counter",
    "milterkit_connections_lost_total",
    "Connections that ended without QUIT, or with a worker that died.",
    (source) => eventCount(source, "lost") + (source.workers?.lost ?? 0),
  ),
  single(
    "counter",
    "milterkit_connections_idle_total",
    "Connections closed because nothing arrived.",
    (source) => eventCount(source, "idle"),
  ),
  single(
    "counter",
    "milterkit_connections_unread_total",
    "Connections closed because the peer read nothing that was sent to it.",
    (source) => eventCount(source, "unread"),
  ),
  single(
    "counter",
    "milterkit_connections_turned_away_total",
    "Connections closed because no worker took them.",
    (source) => source.workers?.turnedAway ?? 0,
  ),
  single(
    "counter",
    "milterkit_accept_failures_total",
    "Connections that the system failed to accept, for example for lack of descriptors.",
    (source) => eventCount(source, "accept-failed") + (source.workers?.acceptFailures ?? 0),
  ),
  single(
    "counter",
    "milterkit_protocol_errors_total",
    "Connections closed because the other side does not speak the protocol.",
    (source) => eventCount(source, "protocol-error"),
  ),
  single(
    "counter",
    "milterkit_internal_errors_total",
    "Connections closed because of a bug in Milterkit.",
    (source) => eventCount(source, "internal-error"),
  ),
  single(
    "counter",
    "milterkit_spool_failures_total",
    "New bodies that could not be read back from the spool.",
    (source) => eventCount(source, "spool-failed"),
  ),
  single(
    "counter",
    "milterkit_stalls_total",
    "Logged stalls of all mail, for example because a filter blocked the event loop.",
    (source) => eventCount(source, "stalled"),
  ),
  {
    name: "milterkit_limits_reached_total",
    type: "counter",
    help:
      "How often a limit (--limit-connections and so on) was reached; updated when that is logged, at most every ten seconds.",
    labels: ["limit"],
    values: ({ totals }) =>
      Object.entries(LIMIT_OPTIONS).map(([limit, option]) => ({
        labels: { limit: limitLabel(option) },
        value: totals.mail.limits[limit] ?? 0,
      })),
  },
  {
    name: "milterkit_messages_total",
    type: "counter",
    help: "Completed messages, by outcome; abort: the MTA or the client gave up.",
    labels: ["outcome"],
    values: ({ totals }) => byKey("outcome", withZeros(OUTCOMES, totals.mail.outcomes)),
  },
  {
    name: "milterkit_message_labels_total",
    type: "counter",
    help:
      "Messages by the labels that filters gave them, such as virus or the name of a rule; from the 201st label on, other.",
    labels: ["label"],
    values: ({ totals }) => byKey("label", totals.mail.labels),
  },
  {
    name: "milterkit_message_duration_seconds",
    type: "histogram",
    help:
      "Time from a message's sender to its verdict, including time that the MTA and the client took; without aborted messages.",
    labels: [],
    values: ({ totals }) => histogram("milterkit_message_duration_seconds", {}, totals.mail.time),
  },
];

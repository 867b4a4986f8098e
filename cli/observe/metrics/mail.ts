/**
 * Metrics of connections and messages.
 *
 * @module
 */

import { LIMIT_OPTIONS, limitLabel } from "../../options/limit_options.ts";
import { byKey, histogram, type Metric, type MetricSource, single, withZeros } from "./metric.ts";

const OUTCOMES = ["accept", "reject", "tempfail", "discard", "abort"];

/** How often the server told something. */
const told = ({ totals }: MetricSource, type: string): number => totals.mail.events[type] ?? 0;

/** Metrics of connections and messages. */
export const MAIL_METRICS: readonly Metric[] = [
  single(
    "gauge",
    "milterkit_connections_open",
    "Connections of MTAs that are open.",
    (source) => source.connections,
  ),
  single(
    "counter",
    "milterkit_connections_total",
    "Connections that were taken.",
    (source) => told(source, "connected"),
  ),
  single(
    "counter",
    "milterkit_connections_refused_total",
    "Connections that a filter refused, at connect or helo.",
    (source) => told(source, "refused"),
  ),
  single(
    "counter",
    "milterkit_connections_lost_total",
    "Connections that ended without QUIT, or with a worker that died.",
    (source) => told(source, "lost") + (source.workers?.lost ?? 0),
  ),
  single(
    "counter",
    "milterkit_connections_idle_total",
    "Connections that were ended since nothing came.",
    (source) => told(source, "idle"),
  ),
  single(
    "counter",
    "milterkit_connections_unread_total",
    "Connections that were ended since nothing of what was sent was read.",
    (source) => told(source, "unread"),
  ),
  single(
    "counter",
    "milterkit_connections_turned_away_total",
    "Connections that were closed since no worker took them.",
    (source) => source.workers?.turnedAway ?? 0,
  ),
  single(
    "counter",
    "milterkit_accept_failures_total",
    "Connections that the system did not let it take, such as for want of descriptors.",
    (source) => told(source, "accept-failed") + (source.workers?.acceptFailures ?? 0),
  ),
  single(
    "counter",
    "milterkit_protocol_errors_total",
    "Connections that were ended since the other side does not speak the protocol.",
    (source) => told(source, "protocol-error"),
  ),
  single(
    "counter",
    "milterkit_internal_errors_total",
    "Connections that were ended by a mistake of Milterkit's own.",
    (source) => told(source, "internal-error"),
  ),
  single(
    "counter",
    "milterkit_spool_failures_total",
    "New bodies that could not be read again from where they were kept.",
    (source) => told(source, "spool-failed"),
  ),
  single(
    "counter",
    "milterkit_stalls_total",
    "How often everything stood still, as far as the log has told it, such as for a filter that works without a pause.",
    (source) => told(source, "stalled"),
  ),
  {
    name: "milterkit_limits_reached_total",
    type: "counter",
    help:
      "How often a limit (--limit-connections and so on) was reached, as far as the log has told it, which is every ten seconds.",
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
    help: "Messages that ended, by what became of them; abort: the MTA or the client ended it.",
    labels: ["outcome"],
    values: ({ totals }) => byKey("outcome", withZeros(OUTCOMES, totals.mail.outcomes)),
  },
  {
    name: "milterkit_message_duration_seconds",
    type: "histogram",
    help:
      "Time from a message's sender to its verdict, with what the MTA and the client took; not of those given up.",
    labels: [],
    values: ({ totals }) => histogram("milterkit_message_duration_seconds", {}, totals.mail.time),
  },
];

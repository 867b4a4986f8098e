/**
 * Counts of what happened to mail in one process since its previous report: plain data, to be sent to another process and
 * added up.
 *
 * @module
 */

import type { AuthCounts } from "./auth_counts.ts";

/** The upper bounds of the buckets for latencies, in seconds; one more bucket holds everything above the last. */
export const LATENCY_BOUNDS: readonly number[] = [
  ...[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1],
  ...[0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 240],
];

/** A histogram of durations. */
export interface Latencies {
  /** How many durations. */
  count: number;
  /** Their sum, in seconds. */
  seconds: number;
  /** How many fall in each bucket: up to one of {@linkcode LATENCY_BOUNDS} and above the previous; the last is above all. */
  buckets: number[];
}

/** Counts of one filter. Filters with the same name count as one. */
export interface FilterCounts {
  /** Messages that it took part in. */
  messages: number;
  /** Its verdicts other than continue, by {@linkcode verdictKey}. */
  verdicts: Record<string, number>;
  /** Its failures, by event. */
  errors: Record<string, number>;
  /** Its changes, by kind: `addHeader`. */
  changes: Record<string, number>;
  /** Its share of the durations of messages. */
  time: Latencies;
  /** Whether its verdicts are only logged. */
  dryRun: boolean;
}

/** Returns the key for verdicts of one kind at one event, such as `rcpt reject`. */
export function verdictKey(event: string, kind: string): string {
  return `${event} ${kind}`;
}

/** Splits a {@linkcode verdictKey}. */
export function partsOfVerdictKey(key: string): { readonly event: string; readonly kind: string } {
  const space = key.indexOf(" ");
  return { event: key.slice(0, space), kind: key.slice(space + 1) };
}

/** A refused message, recipient or connection, as it may be shown. */
export interface Refusal {
  /** When, in milliseconds since 1970. */
  readonly at: number;
  /** The outcome. */
  readonly outcome: "reject" | "tempfail" | "discard";
  /** What was refused. */
  readonly of: "message" | "recipient" | "connection";
  readonly queueId: string | undefined;
  readonly client: string | undefined;
  readonly sender: string | undefined;
  readonly recipients: readonly string[];
  /** The filter that refused it; undefined if none did. */
  readonly filter: string | undefined;
  /** The event at which it was refused. */
  readonly event: string;
  /** The SMTP reply or the reason, if any. */
  readonly reply: string | undefined;
}

/** The outcomes of messages. */
export const OUTCOMES = ["accept", "reject", "tempfail", "discard", "abort"] as const;

/** The outcome of a message. */
export type Outcome = typeof OUTCOMES[number];

/** Counts of mail. Everything adds up except `refusals`, which are only the last few. */
export interface MailCounts {
  /** By filter, in the order of the chain. */
  filters: Record<string, FilterCounts>;
  /** Completed messages, by {@linkcode Outcome}. */
  outcomes: Record<string, number>;
  /** The time from sender to verdict, for each message that was not aborted. */
  time: Latencies;
  /** Other events of the server by type: `connected`, `disconnected`, `lost`, `protocol-error`, `idle` and so on. */
  events: Record<string, number>;
  /** How often each limit was reached. */
  limits: Record<string, number>;
  /** Results of authentication. */
  auth: AuthCounts;
  /** Messages by their labels: the first 200, and all others together. */
  labels: Record<string, number>;
  /** The last refusals, oldest first. */
  refusals: Refusal[];
}

/**
 * What happened in one process since it was last asked: plain counts that can be sent to another process and added up.
 *
 * @module
 */

/** Upper bounds of what is counted as one latency, in seconds; above the last one there is one more bucket. */
export const LATENCY_BOUNDS: readonly number[] = [
  ...[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1],
  ...[0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 240],
];

/** How long things took. */
export interface Latencies {
  /** How many. */
  count: number;
  /** All together, in seconds. */
  seconds: number;
  /** How many up to each of {@linkcode LATENCY_BOUNDS} and above the one before it; the last are those above all. */
  buckets: number[];
}

/** What one filter did. Filters of one name are counted as one. */
export interface FilterCounts {
  /** Messages that it took part in. */
  messages: number;
  /** Its verdicts other than to go on, by {@linkcode verdictKey}. */
  verdicts: Record<string, number>;
  /** Its failures, by event. */
  errors: Record<string, number>;
  /** Its changes, by kind: `addHeader`. */
  changes: Record<string, number>;
  /** Its share of the time of messages. */
  time: Latencies;
  /** Whether its verdicts are only logged. */
  dryRun: boolean;
}

/** The key of verdicts of one kind at one event: `rcpt reject`. */
export function verdictKey(event: string, kind: string): string {
  return `${event} ${kind}`;
}

/** What a {@linkcode verdictKey} was made of. */
export function partsOfVerdictKey(key: string): { readonly event: string; readonly kind: string } {
  const space = key.indexOf(" ");
  return { event: key.slice(0, space), kind: key.slice(space + 1) };
}

/** A message, recipient or connection that was not taken, as it may be shown. */
export interface Refusal {
  /** When, in milliseconds since 1970. */
  readonly at: number;
  /** What became of it. */
  readonly outcome: "reject" | "tempfail" | "discard";
  /** What it was about. */
  readonly of: "message" | "recipient" | "connection";
  readonly queueId: string | undefined;
  readonly client: string | undefined;
  readonly sender: string | undefined;
  readonly recipients: readonly string[];
  /** The filter whose verdict it was; undefined where there is none. */
  readonly filter: string | undefined;
  /** The event. */
  readonly stage: string;
  /** The SMTP reply or the reason, where there is one. */
  readonly reply: string | undefined;
}

/** What happened. All of it adds up but for `refusals`, which are the last few. */
export interface MailCounts {
  /** By filter, in the order of the chain. */
  filters: Record<string, FilterCounts>;
  /** Messages that ended, by outcome: `accept`, `reject`, `tempfail`, `discard`, `abort`. */
  outcomes: Record<string, number>;
  /** From sender to verdict, for each message that was not given up. */
  time: Latencies;
  /** Other events of the server by type: `connected`, `disconnected`, `lost`, `protocol-error`, `idle` and so on. */
  events: Record<string, number>;
  /** How often each limit was reached. */
  limits: Record<string, number>;
  /** The last refusals, oldest first. */
  refusals: Refusal[];
}

/**
 * Computes the figures of a run.
 *
 * @module
 */

import process from "node:process";
import type { Load, LoadSettings } from "./load.ts";
import type { LatencyHistogram, Row } from "./histogram.ts";
import type { FaultCount } from "./results.ts";

/** The distribution of some times, in milliseconds. */
export interface Times {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** The figures of a run. */
export interface LoadSummary {
  /** What was sent. */
  readonly settings: Pick<LoadSettings, "connections" | "perConnection" | "rate" | "warmUp">;
  readonly message: { readonly headers: number; readonly body: number; readonly recipients: number };
  /** Number of measured messages that the milter decided on. */
  readonly messages: number;
  /** Time from the start of the first of them to the end of the last. */
  readonly seconds: number;
  readonly messagesPerSecond: number;
  /** A MB is 1000000 bytes. */
  readonly megabytesPerSecond: number;
  /** How often each final answer came, most frequent first. */
  readonly verdicts: Readonly<Record<string, number>>;
  readonly refusedRecipients: number;
  readonly changes: Readonly<Record<string, number>>;
  /** The errors by kind. */
  readonly errors: Readonly<Record<string, Readonly<FaultCount>>>;
  /** From the start of a message to its final answer. */
  readonly latency: Times;
  readonly histogram: readonly Row[];
  /** From connecting to the end of negotiation. */
  readonly connecting: Times;
  /** With a rate: how late messages started on a free connection. */
  readonly late: Times | undefined;
  /** With a rate: number of messages that should have started and did not. */
  readonly behind: number;
  /** Processor time of the generator itself, as a share of one core: 0 to 1 or more. */
  readonly generatorShare: number;
  readonly endedEarly: Load["endedEarly"];
}

/** Starts to measure the processor time of this process. @returns a function that returns its share of one core */
export function startClock(): () => number {
  const began = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / Math.max(1, performance.now() - began);
  };
}

/**
 * Computes the figures of a run.
 *
 * @param load the run
 * @param settings its settings
 * @param generatorShare processor time of the generator, as a share of one core
 */
export function summarize(load: Load, settings: LoadSettings, generatorShare: number): LoadSummary {
  const { results, schedule } = load;
  const { connections, perConnection, rate, warmUp, sample: { message, to } } = settings;
  const seconds = Math.max(0, results.ended - (schedule.began ?? results.ended)) / 1000;
  const perSecond = (amount: number) => seconds > 0 ? amount / seconds : 0;
  return {
    settings: { connections, perConnection, rate, warmUp },
    message: { headers: message.header.length, body: message.body.length, recipients: to.length },
    messages: results.messages,
    seconds,
    messagesPerSecond: perSecond(results.messages),
    megabytesPerSecond: perSecond(results.bytes / 1e6),
    verdicts: sorted(results.verdicts),
    refusedRecipients: results.refusedRecipients,
    changes: sorted(results.changes),
    errors: Object.fromEntries(results.faults),
    latency: timesOf(results.latency),
    histogram: results.latency.rows(),
    connecting: timesOf(results.connecting),
    late: rate === undefined ? undefined : timesOf(results.late),
    behind: schedule.behind(performance.now()),
    generatorShare,
    endedEarly: load.endedEarly,
  };
}

function timesOf(histogram: LatencyHistogram): Times {
  const { count, mean, max } = histogram;
  return {
    count,
    mean,
    p50: histogram.percentile(50),
    p90: histogram.percentile(90),
    p99: histogram.percentile(99),
    max,
  };
}

function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}

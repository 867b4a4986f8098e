/**
 * The content of `/status.json` and of the page: the service, all messages, and each filter over some minutes.
 *
 * @module
 */

import { type FilterCounts, type Latencies, type Outcome, OUTCOMES } from "../mail_counts.ts";
import { type History, type Period, SLICE_SECONDS } from "./history.ts";
import { type AuthenticationReport, authenticationReport } from "./authentication_report.ts";
import { type CustomReport, customReports } from "./custom_report.ts";
import { total } from "./counts_text.ts";
import { type LimitsReport, limitsReport } from "./limits_report.ts";
import { quantile } from "./quantile.ts";
import type { KeptRefusal } from "./refusal_list.ts";
import type { ListenerState, ServiceState } from "./service_state.ts";

/** One value per slice, oldest first; the last slice is not complete. */
export type Series = readonly number[];

/** Durations in seconds, for the whole period and for each slice; null if nothing was timed. */
export interface TimeReport {
  readonly mean: number | null;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly series: {
    readonly p50: readonly (number | null)[];
    readonly p99: readonly (number | null)[];
  };
}

/** The report of one filter. */
export interface FilterReport {
  readonly name: string;
  /** Whether its verdicts are only logged. */
  readonly dryRun: boolean;
  /** Whether it is in a chain now; one that a reload removed still has its figures. */
  readonly served: boolean;
  /** Messages that it took part in. */
  readonly messages: number;
  /** By event and kind, such as `rcpt reject`. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** By event. */
  readonly errors: Readonly<Record<string, number>>;
  /** By kind. */
  readonly changes: Readonly<Record<string, number>>;
  /** Its share of the durations of messages. */
  readonly time: TimeReport;
  /** What it counts itself, since the start of the service. */
  readonly custom: readonly CustomReport[];
  readonly series: {
    readonly messages: Series;
    readonly verdicts: Series;
    readonly errors: Series;
  };
}

/** The whole report. */
export interface StatusReport {
  /** When it was made, in ISO 8601. */
  readonly time: string;
  readonly service: {
    readonly version: string;
    /** In ISO 8601. */
    readonly startedAt: string;
    readonly uptimeSeconds: number;
    readonly phase: ServiceState["phase"];
    /** Null if one process does everything. */
    readonly workers: ServiceState["workers"] | null;
    readonly listeners: readonly ListenerState[];
    /** The last reload; null if there was none. */
    readonly reload: { readonly at: string; readonly failure: string | null } | null;
    /** Why the program should be restarted; null if there is no reason. */
    readonly restartNeeded: string | null;
  };
  /** The period that the figures below cover. */
  readonly period: {
    readonly minutes: number;
    readonly sliceSeconds: number;
    /** How many slices at the beginning of each series are from before anything was counted. */
    readonly missingSlices: number;
  };
  readonly messages: {
    /** Completed messages. */
    readonly total: number;
    /** Completed messages in the last six complete slices. */
    readonly lastMinute: number;
    readonly outcomes: Readonly<Record<Outcome, number>>;
    readonly series: Readonly<Record<Outcome, Series>>;
    /** The time from sender to verdict. */
    readonly time: TimeReport;
  };
  readonly connections: {
    /** Open now. */
    readonly open: number;
    /** Other events of the period by type, such as `connected`, `lost`, `protocol-error`. */
    readonly events: Readonly<Record<string, number>>;
  };
  /** Filters in the order of the chains, each name once; those no longer served come last. */
  readonly filters: readonly FilterReport[];
  /** Results of authentication. */
  readonly authentication: AuthenticationReport;
  /** Who is near a limit. */
  readonly limits: LimitsReport;
  /** The last refusals, newest first, even from before the period. */
  readonly refusals: readonly (Omit<KeptRefusal, "at"> & { readonly at: string })[];
}

/**
 * Makes a report.
 *
 * @param history the history
 * @param service the state of the service
 * @param minutes how far to look back
 * @param now the time, in milliseconds since 1970
 */
export function statusReport(
  history: History,
  service: ServiceState,
  minutes: number,
  now: number = Date.now(),
): StatusReport {
  const period = history.last(minutes);
  return {
    time: iso(now),
    service: serviceReport(service, now),
    period: { minutes, sliceSeconds: SLICE_SECONDS, missingSlices: period.missing },
    messages: messagesReport(period),
    connections: { open: service.connections, events: period.sum.events },
    filters: filterReports(period, service),
    authentication: authenticationReport(period.sum.auth),
    limits: limitsReport(service.limits, now),
    refusals: history.refusals.map((refusal) => ({ ...refusal, at: iso(refusal.at) })),
  };
}

function serviceReport(service: ServiceState, now: number): StatusReport["service"] {
  const { version, startedAt, phase, workers, listeners, reload, restartNeeded } = service;
  return {
    version,
    startedAt: iso(startedAt),
    uptimeSeconds: Math.max(0, Math.round((now - startedAt) / 1000)),
    phase,
    workers: workers ?? null,
    listeners,
    reload: reload ? { at: iso(reload.at), failure: reload.failure ?? null } : null,
    restartNeeded: restartNeeded ?? null,
  };
}

function messagesReport({ slices, sum }: Period): StatusReport["messages"] {
  const inMinute = 60 / SLICE_SECONDS;
  return {
    total: total(sum.outcomes),
    lastMinute: slices.slice(-inMinute - 1, -1).reduce((n, slice) => n + total(slice?.outcomes ?? {}), 0),
    outcomes: byOutcome((outcome) => sum.outcomes[outcome] ?? 0),
    series: byOutcome((outcome) => slices.map((slice) => slice?.outcomes[outcome] ?? 0)),
    time: timeReport(sum.time, slices.map((slice) => slice?.time)),
  };
}

function byOutcome<T>(of: (outcome: Outcome) => T): Record<Outcome, T> {
  return Object.fromEntries(OUTCOMES.map((outcome) => [outcome, of(outcome)])) as Record<Outcome, T>;
}

function filterReports(period: Period, { listeners, custom }: ServiceState): FilterReport[] {
  const served = new Map(listeners.flatMap(({ filters }) => filters).map((link) => [link.name, link.dryRun]));
  const names = new Set([...served.keys(), ...Object.keys(period.sum.filters)]);
  return [...names].map((name) => ({
    ...filterReport(name, period, served.get(name)),
    custom: customReports(name, custom),
  }));
}

/** @param dryRun whether the filter is in a dry run; undefined if it is no longer served */
function filterReport(
  name: string,
  { slices, sum }: Period,
  dryRun: boolean | undefined,
): Omit<FilterReport, "custom"> {
  const whole = sum.filters[name];
  const parts = slices.map((slice) => slice?.filters[name]);
  const series = (of: (part: FilterCounts) => number) => parts.map((part) => part ? of(part) : 0);
  return {
    name,
    dryRun: dryRun ?? whole?.dryRun ?? false,
    served: dryRun !== undefined,
    messages: whole?.messages ?? 0,
    verdicts: whole?.verdicts ?? {},
    errors: whole?.errors ?? {},
    changes: whole?.changes ?? {},
    time: timeReport(whole?.time, parts.map((part) => part?.time)),
    series: {
      messages: series(({ messages }) => messages),
      verdicts: series(({ verdicts }) => total(verdicts)),
      errors: series(({ errors }) => total(errors)),
    },
  };
}

function timeReport(whole: Latencies | undefined, parts: readonly (Latencies | undefined)[]): TimeReport {
  const of = (latencies: Latencies | undefined, share: number) =>
    latencies ? rounded(quantile(latencies, share)) : null;
  return {
    mean: whole && whole.count > 0 ? rounded(whole.seconds / whole.count) : null,
    p50: of(whole, 0.5),
    p99: of(whole, 0.99),
    series: { p50: parts.map((part) => of(part, 0.5)), p99: parts.map((part) => of(part, 0.99)) },
  };
}

/** Rounds to microseconds: more digits would only look exact. */
function rounded(seconds: number | null): number | null {
  return seconds === null ? null : Math.round(seconds * 1e6) / 1e6;
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

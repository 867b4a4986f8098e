/**
 * Counts what a server tells.
 *
 * @module
 */

import type { ConnectionReport, FilterNote, MessageReport } from "../../lib/filter/report.ts";
import type { ServerEvent } from "../../lib/server/server_events.ts";
import { changeKind } from "./change_kind.ts";
import { type FilterCounts, type MailCounts, type Refusal, verdictKey } from "./mail_counts.ts";
import { addLatency, addOne, emptyFilterCounts, emptyMailCounts, keepLast } from "./add_counts.ts";

/** A filter that is served. */
export interface ServedFilter {
  readonly name: string;
  readonly dryRun?: boolean;
}

/** Counts. */
export class MailRecorder {
  #counts: MailCounts = emptyMailCounts();
  /** Names of those whose verdicts are only logged. */
  readonly #dryRuns: ReadonlySet<string>;

  /** @param filters those that are served; each is counted with nothing before anything happens */
  constructor(filters: readonly ServedFilter[]) {
    this.#dryRuns = new Set(filters.filter(({ dryRun }) => dryRun).map(({ name }) => name));
    for (const { name } of filters) this.#filter(name);
  }

  /** Counts what happened. */
  record(event: ServerEvent): void {
    switch (event.type) {
      case "message":
        return this.#message(event.report);
      case "refused":
        return this.#refused(event.report);
      case "filter-error":
        return addOne(this.#filter(event.filter).errors, event.event);
      case "accept-failed":
        return addOne(this.#counts.events, event.type, event.missed + 1);
      case "limit":
        return addOne(this.#counts.limits, event.limit, event.missed + 1);
      case "disconnected":
        if (event.lost) addOne(this.#counts.events, "lost");
        return addOne(this.#counts.events, event.type);
      default:
        return addOne(this.#counts.events, event.type);
    }
  }

  /** What happened since this was last called. */
  take(): MailCounts {
    const counts = this.#counts;
    this.#counts = emptyMailCounts();
    return counts;
  }

  #refused(report: ConnectionReport): void {
    const { filter, event: stage, outcome, client, reply, dryRun } = report;
    addOne(this.#filter(filter).verdicts, `${stage} ${outcome}`);
    if (dryRun) return;
    addOne(this.#counts.events, "refused");
    keepLast(this.#counts.refusals, [{
      at: Date.now(),
      outcome,
      of: "connection",
      queueId: undefined,
      client,
      sender: undefined,
      recipients: [],
      filter,
      stage,
      reply,
    }]);
  }

  #message(report: MessageReport): void {
    const counts = this.#counts;
    addOne(counts.outcomes, report.outcome);
    // How long a message that was given up lay there is up to its client.
    if (report.outcome !== "abort") addLatency(counts.time, report.milliseconds / 1000);
    for (const { filter: name, milliseconds } of report.filters) {
      const filter = this.#filter(name);
      filter.messages++;
      addLatency(filter.time, milliseconds / 1000);
    }
    for (const note of report.notes) this.#note(report, note);
    const { outcome } = report;
    // One whose recipients were all refused is there with each of them already.
    const isNew = report.event !== "rcpt" || report.recipients.length > 0;
    if (refuses(outcome) && isNew) {
      keepLast(counts.refusals, [{
        ...about(report),
        outcome,
        of: "message",
        recipients: report.recipients,
        filter: report.filter,
        stage: report.event,
        reply: report.reply,
      }]);
    }
  }

  #note(
    report: MessageReport,
    { filter: name, event, verdict, recipient, changes, dryRun }: FilterNote,
  ): void {
    if (event === undefined) return;
    const filter = this.#filter(name);
    if (verdict !== undefined) {
      const [, kind = verdict, reply] = /^(\w+)(?: \((.*)\))?$/s.exec(verdict) ?? [];
      addOne(filter.verdicts, verdictKey(event, kind));
      if (recipient !== undefined && !dryRun && refuses(kind)) {
        keepLast(this.#counts.refusals, [{
          ...about(report),
          outcome: kind,
          of: "recipient",
          recipients: [recipient],
          filter: name,
          stage: event,
          reply,
        }]);
      }
    }
    for (const change of changes ?? []) addOne(filter.changes, changeKind(change));
  }

  #filter(name: string): FilterCounts {
    return this.#counts.filters[name] ??= emptyFilterCounts(this.#dryRuns.has(name));
  }
}

function refuses(outcome: string): outcome is Refusal["outcome"] {
  return outcome === "reject" || outcome === "tempfail" || outcome === "discard";
}

/** What all refusals of a message say of it. */
function about(
  { queueId, client, sender }: MessageReport,
): Pick<Refusal, "at" | "queueId" | "client" | "sender"> {
  return { at: Date.now(), queueId, client, sender };
}

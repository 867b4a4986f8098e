/**
 * Counts events of the server.
 *
 * @module
 */

import type { ConnectionReport, FilterNote, MessageReport } from "../../lib/filter/report.ts";
import type { ServerEvent } from "../../lib/server/server_events.ts";
import { AuthRecorder } from "./auth_counts.ts";
import { changeKind } from "./change_kind.ts";
import { addOne } from "./count_map.ts";
import { addLabel } from "./label_counts.ts";
import { type FilterCounts, type MailCounts, type Refusal, verdictKey } from "./mail_counts.ts";
import { addLatency, emptyFilterCounts, emptyMailCounts, keepLast } from "./add_counts.ts";

/** A filter in a chain. */
export interface ServedFilter {
  readonly name: string;
  readonly dryRun?: boolean;
}

/** Counts events of the servers in this process. */
export class MailRecorder {
  #counts: MailCounts = emptyMailCounts();
  readonly #auth = new AuthRecorder();
  /** Names of filters in a dry run. */
  readonly #dryRuns: ReadonlySet<string>;

  /** @param filters the filters of all chains; each has counts of zero from the start */
  constructor(filters: readonly ServedFilter[]) {
    this.#dryRuns = new Set(filters.filter(({ dryRun }) => dryRun).map(({ name }) => name));
    for (const { name } of filters) this.#filter(name);
  }

  /** Counts an event. */
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
      case "filter-log":
        // Nothing happened to mail.
        return;
      default:
        return addOne(this.#counts.events, event.type);
    }
  }

  /** Returns the counts since the last call. */
  take(): MailCounts {
    const counts = this.#counts;
    this.#counts = emptyMailCounts();
    return { ...counts, auth: this.#auth.take() };
  }

  #refused(report: ConnectionReport): void {
    const { filter, event, outcome, client, reply, dryRun } = report;
    addOne(this.#filter(filter).verdicts, verdictKey(event, outcome));
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
      event,
      reply,
    }]);
  }

  #message(report: MessageReport): void {
    const counts = this.#counts;
    addOne(counts.outcomes, report.outcome);
    // The duration of an aborted message depends only on its client.
    if (report.outcome !== "abort") addLatency(counts.time, report.milliseconds / 1000);
    for (const { filter: name, milliseconds } of report.filters) {
      const filter = this.#filter(name);
      filter.messages++;
      addLatency(filter.time, milliseconds / 1000);
    }
    if (report.results) this.#auth.record(report.results);
    for (const label of report.labels) addLabel(counts.labels, label);
    for (const note of report.notes) this.#note(report, note);
    const { outcome } = report;
    // If all recipients of a message were refused, each of them is already listed.
    const isNew = report.event !== "rcpt" || report.recipients.length > 0;
    if (refuses(outcome) && isNew) {
      keepLast(counts.refusals, [{
        ...about(report),
        outcome,
        of: "message",
        recipients: report.recipients,
        filter: report.filter,
        event: report.event,
        reply: report.reply,
      }]);
    }
  }

  #note(
    report: MessageReport,
    { filter: name, event, verdict, reply, recipient, changes, dryRun }: FilterNote,
  ): void {
    if (event === undefined) return;
    const filter = this.#filter(name);
    if (verdict !== undefined) {
      addOne(filter.verdicts, verdictKey(event, verdict));
      if (recipient !== undefined && !dryRun && refuses(verdict)) {
        keepLast(this.#counts.refusals, [{
          ...about(report),
          outcome: verdict,
          of: "recipient",
          recipients: [recipient],
          filter: name,
          event,
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

/** Returns what all refusals of a message have in common. */
function about(
  { queueId, client, sender }: MessageReport,
): Pick<Refusal, "at" | "queueId" | "client" | "sender"> {
  return { at: Date.now(), queueId, client, sender };
}

/**
 * Counts what a server tells.
 *
 * @module
 */

import type { ConnectionReport, FilterNote, MessageReport } from "../../lib/filter/report.ts";
import type { ServerEvent } from "../../lib/server/server_events.ts";
import { changeKind } from "./change_kind.ts";
import { type FilterTally, type Refusal, type TallyDelta, verdictKey } from "./tally.ts";
import { addLatency, addOne, emptyFilterTally, emptyTally, keepLast } from "./tally_sum.ts";

/** A filter that is served. */
export interface ServedFilter {
  readonly name: string;
  readonly dryRun?: boolean;
}

/** Counts. */
export class TallyRecorder {
  #tally: TallyDelta = emptyTally();
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
        return addOne(this.#tally.events, event.type, event.missed + 1);
      case "limit":
        return addOne(this.#tally.limits, event.limit, event.missed + 1);
      case "disconnected":
        if (event.lost) addOne(this.#tally.events, "lost");
        return addOne(this.#tally.events, event.type);
      default:
        return addOne(this.#tally.events, event.type);
    }
  }

  /** What happened since this was last called. */
  take(): TallyDelta {
    const tally = this.#tally;
    this.#tally = emptyTally();
    return tally;
  }

  #refused(report: ConnectionReport): void {
    const { filter, event: stage, outcome, client, reply, dryRun } = report;
    addOne(this.#filter(filter).verdicts, `${stage} ${outcome}`);
    if (dryRun) return;
    addOne(this.#tally.events, "refused");
    keepLast(this.#tally.refusals, [{
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
    const tally = this.#tally;
    addOne(tally.outcomes, report.outcome);
    // How long a message that was given up lay there is up to its client.
    if (report.outcome !== "abort") addLatency(tally.time, report.milliseconds / 1000);
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
      keepLast(tally.refusals, [{
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
        keepLast(this.#tally.refusals, [{
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

  #filter(name: string): FilterTally {
    return this.#tally.filters[name] ??= emptyFilterTally(this.#dryRuns.has(name));
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

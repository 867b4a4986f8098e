/**
 * Makes an entry of the mail log from a report of the server, cut to what a page can show. This runs for every message:
 * it writes objects in one piece, with `undefined` for what JSON leaves out.
 *
 * @module
 */

import type { AuthResult } from "../../../lib/auth/authentication_results.ts";
import type { ConnectionReport, FilterNote, FilterTime, MessageReport } from "../../../lib/filter/report.ts";
import { type ResultSummary, resultSummary } from "../../log/result_summary.ts";
import { startOf } from "../status/figures.ts";
import type { CompactEntry, CompactPart } from "./compact_entry.ts";
import { type EntryFailure, KEPT_RECIPIENTS, type RefusedRecipient } from "./entry.ts";

/** The most characters of a text to keep; a sender may be as long as a packet. */
const LONGEST_TEXT = 300;
/** The most characters of all texts of filters together: an entry must not take much more than the average. */
const ALL_TEXTS = 6000;
/** The most labels, results and filters to keep. */
const MOST_LABELS = 20;
const MOST_RESULTS = 20;
const MOST_FILTERS = 64;

/** What identifies an entry. */
export interface EntryPlace {
  readonly id: string;
  /** When it ended, in milliseconds since 1970. */
  readonly at: number;
  /** The ids of the lines of the log about it. */
  readonly lines: readonly string[];
  /** The failures of filters. */
  readonly failures: readonly NamedFailure[];
}

/** A failure, and whose it was. */
export interface NamedFailure extends EntryFailure {
  readonly filter: string;
}

/** An entry, and all recipients that were refused. */
export interface MadeEntry {
  readonly entry: CompactEntry;
  readonly refused: readonly RefusedRecipient[];
}

/** Makes the entry of a message. */
export function messageEntry(place: EntryPlace, report: MessageReport): MadeEntry {
  const { recipients, tls, results, labels } = report;
  const { refused, filters, cut } = partsOf(report.notes, report.filters, place.failures);
  const entry: CompactEntry = {
    id: place.id,
    at: place.at,
    of: undefined,
    outcome: report.outcome,
    held: cutText(report.held),
    queueId: cutText(report.queueId),
    messageId: cutText(report.messageId),
    client: cutText(report.client),
    helo: cutText(report.helo),
    login: cutText(report.login),
    tls: tls && cutText(tls.cipher === undefined ? tls.version : `${tls.version} ${tls.cipher}`),
    listener: report.listener,
    sender: cutText(report.sender),
    recipients: cutTexts(recipients, KEPT_RECIPIENTS),
    moreRecipients: more(recipients),
    refused: refused.length === 0 ? undefined : refused.slice(0, KEPT_RECIPIENTS),
    moreRefused: more(refused),
    size: report.size,
    reply: cutText(report.reply),
    filter: report.filter,
    event: report.event,
    labels: cutTexts(labels, MOST_LABELS),
    results: results && resultsOf(results),
    filters,
    milliseconds: tenths(report.milliseconds),
    lines: orNone(place.lines),
    cut,
  };
  return { entry, refused };
}

/** Makes the entry of a connection that was refused. */
export function connectionEntry(place: EntryPlace, report: ConnectionReport): MadeEntry {
  const { notes = [], outcome, event, filter, reply } = report;
  const verdict: FilterNote = { filter, event, verdict: outcome, ...(reply === undefined ? {} : { reply }) };
  const { filters, cut } = partsOf([...notes, verdict], [], place.failures);
  const entry: CompactEntry = {
    id: place.id,
    at: place.at,
    of: "connection",
    outcome,
    client: cutText(report.client),
    helo: cutText(report.helo),
    listener: report.listener,
    reply: cutText(reply),
    filter,
    event,
    labels: cutTexts(report.labels ?? [], MOST_LABELS),
    filters,
    lines: orNone(place.lines),
    cut,
  };
  return { entry, refused: [] };
}

/** Whether an outcome refuses mail. */
export function refuses(outcome: string): outcome is RefusedRecipient["outcome"] {
  return outcome === "reject" || outcome === "tempfail" || outcome === "discard";
}

/** Cuts a text that is too long. */
export function cutText<T extends string | undefined>(text: T): T {
  return text === undefined || text.length <= LONGEST_TEXT ? text : startOf(text, LONGEST_TEXT) as T;
}

function cutTexts(texts: readonly string[], most: number): readonly string[] | undefined {
  return texts.length === 0 ? undefined : texts.slice(0, most).map(cutText);
}

function more(list: readonly unknown[]): number | undefined {
  return list.length > KEPT_RECIPIENTS ? list.length - KEPT_RECIPIENTS : undefined;
}

function orNone<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

function resultsOf(results: readonly AuthResult[]): readonly ResultSummary[] | undefined {
  return orNone(
    results.slice(0, MOST_RESULTS).map((result) => {
      const summary = resultSummary(result);
      const { reason } = summary;
      return reason === undefined || reason.length <= LONGEST_TEXT
        ? summary
        : { ...summary, reason: cutText(reason) };
    }),
  );
}

/** Sorts what filters said and did by filter. */
function partsOf(
  notes: readonly FilterNote[],
  times: readonly FilterTime[],
  failures: readonly NamedFailure[],
): {
  readonly filters: readonly CompactPart[] | undefined;
  readonly refused: readonly RefusedRecipient[];
  readonly cut: true | undefined;
} {
  const filters: CompactPart[] = times.slice(0, MOST_FILTERS).map(({ filter, milliseconds, dryRun }) =>
    openPart(filter, dryRun, tenths(milliseconds))
  );
  const refused: RefusedRecipient[] = [];
  let left = ALL_TEXTS;
  let cut: true | undefined;
  /** Whether there is room for a text, which then takes it. */
  const fits = (text: string): boolean => {
    // One more, so that texts without characters are not free.
    const length = Math.min(text.length, LONGEST_TEXT) + 1;
    const isRoom = length <= left;
    if (isRoom) left -= length;
    else cut = true;
    return isRoom;
  };
  const partOf = (name: string, dryRun: boolean | undefined): CompactPart | undefined => {
    for (const part of filters) if (part.name === name) return part;
    if (filters.length === MOST_FILTERS) return undefined;
    const part = openPart(name, dryRun, undefined);
    filters.push(part);
    return part;
  };
  for (const { filter, event = "", verdict, recipient, reply, changes, remark, dryRun } of notes) {
    const part = partOf(filter, dryRun);
    if (changes) {
      for (const change of changes) if (part && fits(change)) (part.changes ??= []).push(cutText(change));
    }
    if (remark !== undefined && part && fits(remark)) (part.remarks ??= []).push(cutText(remark));
    if (verdict === undefined) continue;
    if (part && fits((recipient ?? "") + (reply ?? ""))) {
      const said = { event, verdict, reply: cutText(reply), recipient: cutText(recipient) };
      (part.verdicts ??= []).push(said);
    }
    if (recipient === undefined || dryRun || !refuses(verdict)) continue;
    const about = { recipient: cutText(recipient), outcome: verdict, filter };
    refused.push(reply === undefined ? about : { ...about, reply: cutText(reply) });
  }
  for (const { filter, ...failure } of failures) {
    const part = partOf(filter, undefined);
    if (part) (part.errors ??= []).push(failure);
  }
  return { filters: filters.length === 0 ? undefined : filters, refused, cut };
}

function openPart(
  name: string,
  dryRun: boolean | undefined,
  milliseconds: number | undefined,
): CompactPart {
  return {
    name,
    milliseconds,
    dryRun: dryRun ? true : undefined,
    verdicts: undefined,
    changes: undefined,
    remarks: undefined,
    errors: undefined,
  };
}

/** Rounds to tenths of a millisecond: more digits are noise. */
function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}

/**
 * Makes an entry of the mail log from a report of the server, cut to what a page can show.
 *
 * @module
 */

import type { ConnectionReport, FilterNote, FilterTime, MessageReport } from "../../../lib/filter/report.ts";
import { resultSummary } from "../../log/result_summary.ts";
import { startOf } from "../status/figures.ts";
import {
  type FilterFailure,
  type FilterPart,
  type FilterVerdict,
  KEPT_RECIPIENTS,
  type MailEntry,
  type RefusedRecipient,
} from "./entry.ts";

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
export interface NamedFailure extends FilterFailure {
  readonly filter: string;
}

/** An entry, and all recipients that were refused. */
export interface MadeEntry {
  readonly entry: MailEntry;
  readonly refused: readonly RefusedRecipient[];
}

/** Makes the entry of a message. */
export function messageEntry(place: EntryPlace, report: MessageReport): MadeEntry {
  const texts = new Texts();
  const { outcome, event, sender, recipients, size, tls, results = [], labels } = report;
  const { refused, filters } = partsOf(report.notes, report.filters, place.failures, texts);
  const entry: MailEntry = {
    id: place.id,
    at: new Date(place.at).toISOString(),
    of: "message",
    outcome,
    ...given("held", report.held),
    ...given("queueId", report.queueId),
    ...given("messageId", report.messageId),
    ...given("client", report.client),
    ...given("helo", report.helo),
    ...given("login", report.login),
    ...given("tls", tls && [tls.version, tls.cipher].filter(Boolean).join(" ")),
    ...given("listener", report.listener),
    ...given("sender", sender),
    recipients: recipients.slice(0, KEPT_RECIPIENTS).map(cutText),
    moreRecipients: Math.max(0, recipients.length - KEPT_RECIPIENTS),
    refused: refused.slice(0, KEPT_RECIPIENTS),
    moreRefused: Math.max(0, refused.length - KEPT_RECIPIENTS),
    ...(size === undefined ? {} : { size }),
    ...given("reply", report.reply),
    ...given("filter", report.filter),
    event,
    labels: labels.slice(0, MOST_LABELS).map(cutText),
    results: results.slice(0, MOST_RESULTS).map((result) => {
      const { reason, ...summary } = resultSummary(result);
      return { ...summary, ...given("reason", reason) };
    }),
    filters,
    milliseconds: tenths(report.milliseconds),
    lines: place.lines,
    ...(texts.cut ? { cut: true } : {}),
  };
  return { entry, refused };
}

/** Makes the entry of a connection that was refused. */
export function connectionEntry(place: EntryPlace, report: ConnectionReport): MadeEntry {
  const texts = new Texts();
  const { notes = [], labels = [], outcome, event } = report;
  const verdict = { filter: report.filter, event, verdict: outcome, ...given("reply", report.reply) };
  const { filters } = partsOf([...notes, verdict], [], place.failures, texts);
  const entry: MailEntry = {
    id: place.id,
    at: new Date(place.at).toISOString(),
    of: "connection",
    outcome,
    ...given("client", report.client),
    ...given("helo", report.helo),
    ...given("listener", report.listener),
    recipients: [],
    moreRecipients: 0,
    refused: [],
    moreRefused: 0,
    ...given("reply", report.reply),
    filter: report.filter,
    event,
    labels: labels.slice(0, MOST_LABELS).map(cutText),
    results: [],
    filters,
    lines: place.lines,
    ...(texts.cut ? { cut: true } : {}),
  };
  return { entry, refused: [] };
}

/** Whether an outcome refuses mail. */
export function refuses(outcome: string): outcome is RefusedRecipient["outcome"] {
  return outcome === "reject" || outcome === "tempfail" || outcome === "discard";
}

/** Cuts a text that is too long. */
export function cutText(text: string): string {
  return startOf(text, LONGEST_TEXT);
}

/** A part under construction. */
interface OpenPart extends FilterPart {
  readonly verdicts: FilterVerdict[];
  readonly changes: string[];
  readonly remarks: string[];
  readonly errors: FilterFailure[];
}

/** Sorts what filters said and did by filter. */
function partsOf(
  notes: readonly FilterNote[],
  times: readonly FilterTime[],
  failures: readonly NamedFailure[],
  texts: Texts,
): { readonly filters: readonly FilterPart[]; readonly refused: readonly RefusedRecipient[] } {
  const filters: OpenPart[] = times.slice(0, MOST_FILTERS)
    .map(({ filter, milliseconds, dryRun }) => openPart(filter, dryRun, tenths(milliseconds)));
  const refused: RefusedRecipient[] = [];
  const partOf = (name: string, dryRun: boolean | undefined): OpenPart | undefined => {
    const found = filters.find((part) => part.name === name);
    if (found || filters.length === MOST_FILTERS) return found;
    const part = openPart(name, dryRun);
    filters.push(part);
    return part;
  };
  for (const note of notes) {
    const { filter, verdict, event = "", recipient, dryRun } = note;
    const part = partOf(filter, dryRun);
    for (const change of note.changes ?? []) texts.put(part?.changes, change);
    if (note.remark !== undefined) texts.put(part?.remarks, note.remark);
    if (verdict === undefined) continue;
    const reply = given("reply", note.reply);
    if (recipient === undefined) {
      if (texts.room(note.reply ?? "")) part?.verdicts.push({ event, verdict, ...reply });
      continue;
    }
    // A message may have a thousand refused recipients.
    const to = cutText(recipient);
    if (texts.room(to + (note.reply ?? ""))) part?.verdicts.push({ event, verdict, recipient: to, ...reply });
    if (!dryRun && refuses(verdict)) refused.push({ recipient: to, outcome: verdict, filter, ...reply });
  }
  for (const { filter, ...failure } of failures) partOf(filter, undefined)?.errors.push(failure);
  return { filters, refused };
}

function openPart(name: string, dryRun: boolean | undefined, milliseconds?: number): OpenPart {
  return {
    name,
    ...(milliseconds === undefined ? {} : { milliseconds }),
    ...(dryRun ? { dryRun: true } : {}),
    verdicts: [],
    changes: [],
    remarks: [],
    errors: [],
  };
}

/** Texts of filters, as long as there is room for more. */
class Texts {
  /** Whether there was no room for one. */
  cut = false;
  #left = ALL_TEXTS;

  /** Adds a text to a list. */
  put(list: string[] | undefined, text: string): void {
    if (list && this.room(text)) list.push(cutText(text));
  }

  /** Whether there is room for a text, which then takes it. */
  room(text: string): boolean {
    // One more, so that texts without characters are not free.
    const length = Math.min(text.length, LONGEST_TEXT) + 1;
    const fits = length <= this.#left;
    if (fits) this.#left -= length;
    else this.cut = true;
    return fits;
  }
}

function given<K extends string>(name: K, text: string | undefined): { readonly [N in K]?: string } {
  return (text === undefined ? {} : { [name]: cutText(text) }) as { readonly [N in K]?: string };
}

/** Rounds to tenths of a millisecond: more digits are noise. */
function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}

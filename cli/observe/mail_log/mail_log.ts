/**
 * Keeps the last messages and lines of the log of all processes, and finds them again.
 *
 * @module
 */

import { BoundedLog, type KeptRecord, type LogLimits } from "./bounded_log.ts";
import { decodeEntry } from "./compact_entry.ts";
import type { LogLine, MailEntry, RefusalGroup } from "./entry.ts";
import { entryMatcher, lineMatcher, type Matcher } from "./match.ts";
import type { LineQuery, MailQuery, PageQuery } from "./query.ts";
import { RefusalGroups } from "./refusal_groups.ts";

/** What a process adds: records since its previous report, oldest first. */
export interface MailLogReport {
  /** Messages; `text` is an encoded entry. */
  readonly messages: readonly KeptRecord[];
  /** Lines of the log; `text` is a {@linkcode LogLine} as JSON. */
  readonly lines: readonly KeptRecord[];
  /** Messages that were too many to report. */
  readonly missed: number;
}

/** What is kept. */
export interface KeptSummary {
  /** The number of messages. */
  readonly messages: number;
  /** The most that are kept; 0 if none are. */
  readonly most: number;
  /** When the oldest ended, in ISO 8601; null if there is none. */
  readonly oldest: string | null;
  /** The memory that they take, in bytes, about, of at most `mostBytes`. */
  readonly bytes: number;
  readonly mostBytes: number;
  /** Messages that were not kept since too many ended within a second. */
  readonly missed: number;
}

/** The result of a search. */
export interface SearchResult<T> {
  /** What was found, newest first. */
  readonly found: readonly T[];
  /** The `before` of the next page; absent if there is nothing older. */
  readonly before?: string;
}

/** The average memory for each message, in bytes: what `--status-messages` stands for. */
export const BYTES_PER_MESSAGE = 1700;
/** The limits for lines of the log. */
const LINE_LIMITS: LogLimits = { records: 2000, bytes: 2 ** 20 };
/** The most lines of the log that are shown with a message. */
const LINES_OF_MESSAGE = 100;

/** The mail log of a service. */
export class MailLog {
  readonly #messages = new BoundedLog({ records: 0, bytes: 0 });
  readonly #lines = new BoundedLog({ records: 0, bytes: 0 });
  #missed = 0;

  /** @param most the most messages to keep; 0 for none, and no lines either */
  constructor(most: number) {
    this.most = most;
  }

  /** The most messages to keep. */
  get most(): number {
    return this.#messages.limits.records;
  }

  set most(most: number) {
    this.#messages.limits = { records: most, bytes: most * BYTES_PER_MESSAGE };
    this.#lines.limits = most === 0 ? { records: 0, bytes: 0 } : LINE_LIMITS;
  }

  /** Forgets everything. */
  forget(): void {
    const { most } = this;
    this.most = 0;
    this.most = most;
  }

  /** What is kept now. */
  get kept(): KeptSummary {
    const { length, bytes, limits } = this.#messages;
    const oldest = this.#messages.oldest;
    return {
      messages: length,
      most: limits.records,
      oldest: oldest === undefined ? null : new Date(oldest).toISOString(),
      bytes,
      mostBytes: limits.bytes,
      missed: this.#missed,
    };
  }

  /** Adds what a process reports. */
  add({ messages, lines, missed }: MailLogReport): void {
    this.#messages.add(messages);
    this.#lines.add(lines);
    this.#missed += missed;
  }

  /** Finds messages. */
  search(query: MailQuery): SearchResult<MailEntry> {
    const matches = matching(this.#messages, query, entryMatcher(query), entryOf);
    return firstPage(matches, query.limit, entryOf);
  }

  /** Groups the refusals of the messages that match; `limit` is the most groups. */
  groups(query: MailQuery): readonly RefusalGroup[] {
    const groups = new RefusalGroups();
    for (const { record } of matching(this.#messages, query, entryMatcher(query), entryOf)) {
      for (const [key, share] of Object.entries(record.groups ?? {})) groups.add(key, share, record);
    }
    return groups.list().slice(0, query.limit);
  }

  /**
   * Finds one message.
   *
   * @param id its id, or its queue id; if several messages had that, the last one counts
   */
  message(id: string): MailEntry | undefined {
    let withQueueId: MailEntry | undefined;
    const quoted = JSON.stringify(id);
    for (const record of this.#messages.newestFirst()) {
      if (record.id === id) return entryOf(record);
      if (withQueueId || !record.text.includes(quoted)) continue;
      const entry = entryOf(record);
      if (entry.queueId === id) withQueueId = entry;
    }
    return withQueueId;
  }

  /** Returns the kept lines of the log about a message, oldest first; at most the last {@linkcode LINES_OF_MESSAGE}. */
  linesOf({ lines, queueId }: MailEntry): readonly LogLine[] {
    const ids = new Set(lines);
    const about: LogLine[] = [];
    for (const record of this.#lines.newestFirst()) {
      if (about.length === LINES_OF_MESSAGE) break;
      const isListed = ids.has(record.id);
      if (!isListed && (queueId === undefined || !record.text.includes(queueId))) continue;
      const line = lineOf(record);
      if (isListed || line.queueId === queueId) about.push(line);
    }
    return about.reverse();
  }

  /** Finds lines of the log. */
  lines(query: LineQuery): SearchResult<LogLine> {
    return firstPage(matching(this.#lines, query, lineMatcher(query), lineOf), query.limit, lineOf);
  }
}

/** A record that matches, decoded if that was necessary to know. */
interface Match<T> {
  readonly record: KeptRecord;
  readonly decoded: T | undefined;
}

/** Finds records, newest first. */
function* matching<T>(
  log: BoundedLog,
  period: PageQuery,
  { couldMatch, matches }: Matcher<T>,
  decode: (record: KeptRecord) => T,
): Generator<Match<T>> {
  for (const record of between(log, period)) {
    if (!couldMatch) yield { record, decoded: undefined };
    else if (couldMatch(record.text)) {
      const decoded = decode(record);
      if (matches(decoded)) yield { record, decoded };
    }
  }
}

/** The records of a period, newest first. */
function* between(log: BoundedLog, { since = -Infinity, before }: PageQuery): Generator<KeptRecord> {
  let isBefore = before === undefined;
  for (const record of log.newestFirst()) {
    // Records are in the order of their time.
    if (record.at < since) return;
    if (isBefore) yield record;
    else isBefore = record.id === before;
  }
}

/** Takes as many as fit in one answer. */
function firstPage<T>(
  matches: Iterable<Match<T>>,
  limit: number,
  decode: (record: KeptRecord) => T,
): SearchResult<T> {
  const found: T[] = [];
  let last: string | undefined;
  for (const { record, decoded } of matches) {
    if (found.length === limit) return { found, before: last! };
    found.push(decoded ?? decode(record));
    last = record.id;
  }
  return { found };
}

function entryOf({ text }: KeptRecord): MailEntry {
  return decodeEntry(text);
}

function lineOf({ text }: KeptRecord): LogLine {
  return JSON.parse(text);
}
